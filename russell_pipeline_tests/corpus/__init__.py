"""Recorded answers: a small document of the project's own for each layout and each fault that was met, with the rows in it."""
