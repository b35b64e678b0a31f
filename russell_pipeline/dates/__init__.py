"""Dates of reviews as people write them: reviews and events by name, dates and rules for dates in English text. Pure."""
