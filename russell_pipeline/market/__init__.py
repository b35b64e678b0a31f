"""Checks and corrections across the files that people bring. Pure: frames in, findings and values out."""
