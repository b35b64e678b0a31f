"""Lists and changes to who was in, as known when; securities and symbols; review rules. Pure."""
