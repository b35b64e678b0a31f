"""From the bytes of a PDF to positioned words and visual lines. Knows no kind of document."""
