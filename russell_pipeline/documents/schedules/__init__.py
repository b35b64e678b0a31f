"""Review schedules: the role of each line, and the dates and rules for dates that they state."""
