"""Reports: frames in, one self-contained HTML page out. No lake, no command line."""
