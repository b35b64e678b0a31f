"""Fetches documents: the list of addresses, and asking them over HTTP. Knows nothing of the lake; returns bytes."""
