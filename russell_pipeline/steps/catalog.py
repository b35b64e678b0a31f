"""The step of the catalog: the tables of a lake in one DuckDB file, with the security of each symbol and day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from russell_pipeline.lake.catalog import catalog_version, wanted_catalog, write_catalog
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import CATALOG
from russell_pipeline.steps.identity import SecurityIds
from russell_pipeline.steps.step import WHOLE, Left, Step, Written


class BuildCatalog(Step):
    """Builds the catalog aside and puts it in place whole, also after a step has failed."""

    tables = (CATALOG,)
    always = True

    def wanted(self) -> Mapping[str, str]:
        return {WHOLE: wanted_catalog(self.lake)}

    def made(self) -> Mapping[str, str | None]:
        return {WHOLE: catalog_version(self.lake)}

    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:  # noqa: ARG002
        """Build the catalog. Raises DamagedFile."""
        build_catalog(self.lake)
        yield Written(CATALOG)


def build_catalog(lake: Lake) -> dict[str, int]:
    """Rebuild the catalog from the tables, and return the number of rows of each. Raises DamagedFile."""
    return write_catalog(lake, SecurityIds.of_lake(lake))
