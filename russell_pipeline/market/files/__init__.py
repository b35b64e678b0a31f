"""Landing files of the market and of reference: kinds and columns, how they are read, conflicts, earlier versions. Pure."""
