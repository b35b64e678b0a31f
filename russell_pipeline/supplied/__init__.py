"""Files that people bring: their kinds and columns, conflicts between them, adapters, the simulated market. Pure."""
