"""Parts of the docs that are generated from data: rules, policies, tables."""
