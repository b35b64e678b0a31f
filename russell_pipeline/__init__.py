"""Published FTSE Russell documents and market files as tables that can be queried and traced."""

__version__ = "0.1.0"
