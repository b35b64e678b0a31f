"""Protects work ahead of the caller: the order of its results, how much of it is done ahead, and its faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice

import pytest

from russell_pipeline.ahead import ahead

LAST = 20  # beyond those that the caller works on alone


def test_results_come_in_the_order_of_the_items() -> None:
    last_is_done = threading.Event()

    def slow_before_last(item: int) -> int:
        if item == LAST:
            last_is_done.set()
        elif item == LAST - 1:
            assert last_is_done.wait(10), "the last item is worked on before the one before it is done"
        return item * item

    assert list(ahead(slow_before_last, range(LAST + 1))) == [(item, item * item) for item in range(LAST + 1)]


def test_items_are_taken_by_the_caller_and_not_all_at_once() -> None:
    taken: list[int] = []
    threads = set()

    def items() -> Iterator[int]:
        for item in range(LAST + 1):
            taken.append(item)
            threads.add(threading.current_thread())
            yield item

    for item, _ in ahead(str, items()):
        assert len(taken) <= item + 2
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("at", [1, LAST - 1])
def test_a_fault_is_raised_after_the_results_before_it(at: int) -> None:
    results = ahead(lambda item: 1 / (item - at), range(LAST + 1))
    assert [item for item, _ in islice(results, at)] == [*range(at)]
    with pytest.raises(ZeroDivisionError):
        next(results)
