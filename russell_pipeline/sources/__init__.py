"""Documents to fetch: which addresses are listed, and asking them over HTTP. Knows no lake: bytes come back."""
