"""Who was in an index when, as known when, from lists and changes; securities and symbols; review rules. Pure."""
