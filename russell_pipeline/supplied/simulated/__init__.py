"""The simulated market: parameters in, landing files of the contract out, each row labelled as simulated. Pure."""
