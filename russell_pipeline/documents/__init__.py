"""A published file to lines with places, and lines to rows. Pure: bytes in, a document with one role for each line out."""
