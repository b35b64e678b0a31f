"""The asset checks of the graph, from the checks of the tables."""

from collections.abc import Iterable, Iterator

import dagster as dg

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.steps.checks import CHECKS, YEARS_ARE_CURRENT, Check, Effect, checks_of

_EXAMPLES = 5


def check_spec(check: Check) -> dg.AssetCheckSpec:
    """How Dagster shows a check."""
    return dg.AssetCheckSpec(
        check.name, asset=check.table, description=check.description, blocking=check.effect is Effect.BLOCKS
    )


def evaluations(lake: Lake, tables: Iterable[str], *, shared: bool = False) -> Iterator[dg.AssetCheckEvaluation]:
    """The checks of some tables as they hold now, each with the first of the rows that fail.

    In a run whose years are `shared` with others, no year is behind until all of these are done.
    """
    for check in checks_of({*tables}):
        if shared and check.name == YEARS_ARE_CURRENT:
            continue
        rows = check.failures(lake)
        yield dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(check.table),
            check_name=check.name,
            passed=rows.is_empty(),
            severity=dg.AssetCheckSeverity.WARN if check.effect is Effect.WARNS else dg.AssetCheckSeverity.ERROR,
            description=f"rows that fail: {rows.height:,}" if rows.height else None,
            blocking=check.effect is Effect.BLOCKS,
            metadata={
                "failures": rows.height,
                "examples": dg.MetadataValue.json([str(row) for row in rows.head(_EXAMPLES).rows()]),
            },
        )


@dg.multi_asset_check(name="table_checks", specs=[check_spec(check) for check in CHECKS], can_subset=True)
def table_checks(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
    """Look at some checks again, without making their tables."""
    chosen = context.selected_asset_check_keys
    for one in evaluations(lake.lake, {key.asset_key.to_user_string() for key in chosen}):
        if one.asset_check_key in chosen:
            yield dg.AssetCheckResult(
                asset_key=one.asset_key,
                check_name=one.check_name,
                passed=one.passed,
                severity=one.severity,
                description=one.description,
                metadata=one.metadata,
            )
