"""Speed as ratios inside one run, for machines are noisy; nothing here is a test."""
