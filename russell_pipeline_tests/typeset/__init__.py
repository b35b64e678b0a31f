"""Lists and schedules typeset as they were published: for tests, and for the facts that a fresh clone runs on."""
