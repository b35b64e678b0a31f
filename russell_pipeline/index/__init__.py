"""Review weights and daily levels from components and closes. Pure: frames in, frames out, no Dagster, no lake."""
