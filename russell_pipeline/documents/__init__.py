"""Turns published files into lines with places, and lines into rows. Pure: bytes in, a document with a role for each line out."""
