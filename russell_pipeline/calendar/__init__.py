"""The review calendar: rules as dated data, sessions, computed beside published dates, what contradicts what. Pure."""
