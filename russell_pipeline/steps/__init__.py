"""The steps: how each table is brought up to date from its inputs, one module for each subject. Independent of Dagster."""
