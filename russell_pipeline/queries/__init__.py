"""The questions that faces ask: of the catalog, in SQL, and of the index engine. Nothing is written."""
