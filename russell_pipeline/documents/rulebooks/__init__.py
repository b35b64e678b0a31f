"""Ground rules: the role of each line, numbered clauses, and the facts that they state."""
