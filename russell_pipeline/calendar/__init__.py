"""The review calendar: rules as dated data, NYSE sessions, computed beside published dates, and what contradicts what. Pure."""
