"""Every file of a lake beside its checksum: tables, catalog, history. Imports no Dagster but to judge a changed dagster.yaml."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from russell_pipeline.lake import checksums
from russell_pipeline.lake.mirror import refresh
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.instance import CONFIGURATION, damaged_history, why_unusable
from russell_pipeline.settings import DAGSTER_HOME, Settings
from russell_pipeline.steps.mending import Damage, damaged_catalog, damaged_documents, damaged_tables, unsealed_tables

_LOOKS, _BETWEEN_LOOKS = 3, 1.0  # seconds


class Verified(NamedTuple):
    """How many files of the tables there are, how many of them carry no checksum yet, and what is damaged in the lake."""

    files: int
    unsealed: int
    damages: Sequence[Damage]


def verify(settings: Settings) -> Verified:
    """Compare every file of a lake with its checksum; nothing is changed, and a run may be at work.

    A lake at an address is brought here first: raises LakeBusy while a run works in its folder, and StoreError.
    """
    if settings.address:
        refresh(settings.root, settings.address)
    lake = Lake(settings.root)
    checksums.forget()
    found = [*damaged_tables(lake), *damaged_documents(lake), *_catalog(lake), *_instance(settings)]
    return Verified(len(lake.files()), unsealed_tables(lake), found)


def _catalog(lake: Lake) -> list[Damage]:
    """Whether the catalog is damaged. A run that publishes one puts its checksum beside it a moment later."""
    for look in range(_LOOKS):
        time.sleep(_BETWEEN_LOOKS if look else 0)
        if not (found := [*damaged_catalog(lake)]):
            break
    return found


def _instance(settings: Settings) -> list[Damage]:
    """The damaged files of the lake's Dagster instance."""
    home = Path(os.environ.get(DAGSTER_HOME) or settings.own_dagster_home)
    own = home == settings.own_dagster_home
    found = [
        Damage(
            file,
            why,
            "the next run that writes to it sets it aside and begins it anew; only pages of former runs need it",
        )
        for file, why in damaged_history(home)
    ]
    if why := why_unusable(home):
        remedy = "the next run that opens it replaces it by the one that ships" if own else "mend it"
        found.append(Damage(home / CONFIGURATION, why, remedy))
    return found
