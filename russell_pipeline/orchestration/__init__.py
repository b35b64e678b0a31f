"""Assets, checks, partitions, jobs and the nightly run: the only package that imports Dagster."""
