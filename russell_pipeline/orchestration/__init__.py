"""Assets, checks, partitions, jobs, the night: the only place that knows Dagster."""
