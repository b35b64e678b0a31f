"""Parts of the docs that are made from data: rules, policies, tables. `python -m russell_pipeline.pages` makes them again."""
