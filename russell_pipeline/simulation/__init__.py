"""A simulated market as landing files: parameters in, frames out, every row labelled as simulated. Pure."""
