"""What a coming review has and what it still needs, in words: for `run`, `status` and `weights`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import asked, today

if TYPE_CHECKING:
    from pathlib import Path

    from russell_pipeline.index.readiness import Readiness


def coming_reviews(context: click.Context) -> Iterator[str]:
    """A few lines on each coming review that the lake has component files for."""
    from russell_pipeline.queries.catalog import ask

    if not asked(ask, context, "SELECT 1 FROM components LIMIT 1").rows:
        return  # what follows takes time to import

    def found(catalog: Path) -> list[Readiness]:
        from russell_pipeline.queries.coming_reviews import ComingReviews

        return list(ComingReviews(catalog).all())

    for one in asked(found, context):
        yield f"coming: {one.index_code} {one.review.name}, {_days(one)}"
        yield from needs(one)


def coming_review(context: click.Context, index: str, review: str) -> list[str]:
    """What a review of an index needs, in lines; none if it is implemented or the index is not defined.

    A review that is not in the calendar is one line that says so.
    """

    def found(catalog: Path) -> list[str]:
        from russell_pipeline.index.model import IndexRefusal
        from russell_pipeline.queries.coming_reviews import ComingReviews

        try:
            one = ComingReviews(catalog).of(index, review)
        except IndexRefusal as refusal:
            return list(refusal.messages)
        return [f"{one.index_code} {one.review.name}: {_days(one)}", *needs(one)] if one else []

    return asked(found, context)


def needs(found: Readiness) -> Iterator[str]:
    """A line for what is ready, and one for each input that is missing, or that is to be had from a later day on."""
    if ready := [f"{_named(need.what, need.on)} ({need.note})" for need in found.needs if need.ready]:
        yield f"  ready: {', '.join(ready)}"
    for need in found.needs:
        if not need.ready:
            yield f"  {need.state(today())}: {_named(need.what, need.on)}: {need.note}"


def _named(what: str, on: date | None) -> str:
    return f"{what} {on}" if on else what


def _days(found: Readiness) -> str:
    days = found.review
    return f"price cut-off {days.cutoff_on}, implementation {days.implemented_on}, effective {days.effective_on}"
