"""`python -m russell_pipeline.cli` is the `russell` command."""

from russell_pipeline.cli import main

main()
