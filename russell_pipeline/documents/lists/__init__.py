"""Membership lists, additions and deletions: columns, the role of each line, rows, and what a list says of itself."""
