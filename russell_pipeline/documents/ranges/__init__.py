"""Market capitalisation ranges: the largest and smallest companies of indexes on a rank day, as published beside a review."""
