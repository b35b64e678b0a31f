"""The steps of the indexes: definitions and components to weights, levels and divisor events, year by year."""
