"""The lake: declarations of tables, their Parquet files, the catalog, queries, what is stale. Independent of Dagster."""
