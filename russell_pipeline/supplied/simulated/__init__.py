"""The simulated market: parameters in, landing files out, every row labelled as simulated. Pure."""
