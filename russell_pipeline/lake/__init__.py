"""Tables on disk and what is made into them: declarations, Parquet, the catalog, queries, what is stale. Knows no Dagster."""
