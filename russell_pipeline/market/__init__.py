"""The market: landing files (files), other people's files (adapters), checks of the market (checks), what these share. Pure."""
