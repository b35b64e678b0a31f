"""The `russell` command: each subcommand parses its arguments, asks one question or starts one run, and prints."""

from russell_pipeline.cli.interrupt import heard_here, stop

try:
    with heard_here():
        from russell_pipeline.cli.main import main
except KeyboardInterrupt:
    stop()

__all__ = ["main"]
