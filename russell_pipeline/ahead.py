"""Works on what comes next while the caller uses what is done: polars and the disk leave other threads free meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 2  # as many results are in memory besides the one that the caller has
_ALONE = 8  # items are worked on by the caller first: threads are worth their start only where many follow


def ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
    """Each item with what the function returns for it, in the order of the items.

    After the first few items the function runs in other threads; `items` are iterated in that of the caller. Raises what the
    function raises for an item, after the items before it.
    """
    coming, begun = iter(items), deque[tuple[Item, Future[Result]]]()
    for item in islice(coming, _ALONE):
        yield item, function(item)
    with ThreadPoolExecutor(_AHEAD) as threads:
        while True:
            begun += [(item, threads.submit(function, item)) for item in islice(coming, _AHEAD - len(begun))]
            if not begun:
                return
            item, result = begun.popleft()
            yield item, result.result()
