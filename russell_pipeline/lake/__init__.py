"""The lake: storage of tables and of the catalog, checksums, locks, and the landing folder. Knows no subject and no Dagster."""
