"""The `russell` command: each subcommand parses its arguments, asks one question or starts one run, and prints."""

from russell_pipeline.cli.main import main

__all__ = ["main"]
