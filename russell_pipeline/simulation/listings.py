"""When each name of a simulated year trades, and under which symbol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from russell_pipeline.simulation.plans import Ints


@dataclass(frozen=True)
class Listings:
    """When each name of a year trades, and under which symbol. Sessions count from 0; the number of sessions means never.

    A name has closes from session `listed` (-1: before the year) to `last_close`, except from `suspended` until before `resumed`.
    It `leaves` when it is delisted or converted. From `renamed` on, its symbol is `symbols[1]`.
    """

    listed: Ints
    leaves: Ints
    last_close: Ints
    suspended: Ints
    resumed: Ints
    renamed: Ints
    symbols: tuple[NDArray[np.str_], NDArray[np.str_]]

    def symbol(self, name: int, day: int) -> str:
        """The symbol of a name on a session."""
        return str(self.symbols[int(day >= self.renamed[name])][name])
