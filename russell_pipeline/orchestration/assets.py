"""The assets of a lake: one for each table and the catalog, made by one operation that brings them up to date."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from russell_pipeline.errors import LakeBusy
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.checks import evaluations
from russell_pipeline.orchestration.events import Materializations
from russell_pipeline.orchestration.failures import RunFailed
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import catalog_spec, table_spec
from russell_pipeline.orchestration.partitions import BY_YEAR, review_years
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.settings import Settings
from russell_pipeline.steps.engine import StepDone
from russell_pipeline.steps.step import Asked

# The operation that makes all tables, and the job of `russell run`, of the schedule and of the sensor on landing.
MAKE, NIGHTLY = "bring_up_to_date", "nightly"
# How long a run waits for another run to end.
BUSY = {"max_retries": 20, "seconds_to_wait": 60}


class AskedConfig(dg.Config):
    """What a run is asked beyond what is stale."""

    again: list[str] = Field(default_factory=list, description="Ids of documents to read in any case.")
    years: list[str] = Field(default_factory=list, description="Review years to make in any case.")
    offline: bool = Field(default=False, description="Whether the sources are left alone.")
    untold: list[str] = Field(
        default_factory=list, description="Tables that a killed run may have made without a word."
    )


def lake_assets(settings: Settings) -> dg.AssetsDefinition:
    """The assets of the lake in the settings, each of which can be asked for by itself.

    One operation makes them all, because what is stale is known only step by step: which years a document concerns, once it is
    read. It reports what it has made and nothing else.
    """
    years = review_years(Lake(settings.root))
    specs = [table_spec(table, years if table in BY_YEAR else None) for table in TABLES]
    policy = (
        dg.BackfillPolicy.multi_run(settings.years_a_run) if settings.years_a_run else dg.BackfillPolicy.single_run()
    )

    @dg.multi_asset(
        name=MAKE,
        specs=[*specs, catalog_spec()],
        can_subset=True,
        backfill_policy=policy,
    )
    def bring_up_to_date(
        context: dg.AssetExecutionContext, config: AskedConfig, lake: LakeResource
    ) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation | dg.AssetObservation]:
        """Make what is stale of the chosen tables; partitions that are asked for are made in any case."""
        tables = {key.to_user_string() for key in context.selected_asset_keys}
        years = context.partition_keys if context.has_partition_key or context.has_partition_key_range else None
        asked = Asked(
            config.again,
            years or config.years,
            only_years=years is not None,
            offline=config.offline,
            processes=lake.processes or None,
        )
        by_name = context.run.job_name != NIGHTLY
        told = Materializations(
            context.instance, lake.lake, tables, years, by_name=by_name, untold=tables & {*config.untold}
        )
        looked, failure = list[StepDone](), None
        try:
            for done in lake.bring_up_to_date(asked, tables, context.log):
                before = {*told.told}
                yield from told.of(done)
                judged = told.told - before | ({*done.tables} & tables if done.failure else set())
                yield from evaluations(lake.lake, judged, shared=years is not None)
                looked.append(done)
        except LakeBusy as busy:
            raise dg.RetryRequested(**BUSY) from busy
        except RunFailed as error:
            failure = error
        if failure is not None:
            # Dagster would take a table that was found current to have failed with the run.
            for done in looked:
                yield from told.of(done, current=True)
            raise failure
        if not told.told:
            context.log.info("nothing new in landing: no table was touched")
            if CATALOG in tables:
                yield dg.AssetObservation(CATALOG, description="Still current: nothing new in landing.")

    return bring_up_to_date
