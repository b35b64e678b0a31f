"""Documents to be fetched: which addresses are listed, and asking them over HTTP. Pure of the lake: bytes come back."""
