"""The command that writes reports: `russell report`."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import (
    STANDARD_OUTPUT,
    Held,
    Index,
    asked,
    output_option,
    say,
    today,
    writing,
)
from russell_pipeline.errors import NoCatalog, NothingKnown

if TYPE_CHECKING:
    import polars as pl

    from russell_pipeline.index.proforma import ProForma
    from russell_pipeline.queries.catalog import Question
    from russell_pipeline.reports.coming import Outlook
    from russell_pipeline.reports.page import Page
    from russell_pipeline.settings import Settings


def _as_html(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
    if file is not None and file.suffix.lower() not in ("", ".html", ".htm"):
        raise click.BadParameter(
            f"a report is HTML, which a browser prints as PDF: name it {file.with_suffix('.html')}"
        )
    return file


@click.command()
@click.argument("index", type=Index(), required=False)
@click.option(
    "--review",
    type=Held(),
    metavar="YYYY-MM",
    help="Report on this review: who enters and leaves INDEX, or every index. Of an index of days, a day (YYYY-MM-DD).",
)
@click.option(
    "--cost-bps",
    type=click.FloatRange(min=0),
    default=10,
    show_default=True,
    help="Assumed cost of trading, in basis points of the value traded on one side; the page states it.",
)
@output_option(
    "Write to this file, or to standard output (-).  [default: INDEX.html or INDEX-REVIEW.html in the current folder]",
    callback=_as_html,
)
@click.pass_context
def report(
    context: click.Context, *, index: str | None, review: str | None, cost_bps: float, output: Path | None
) -> None:
    """Write a report on an index or a review, one HTML file.

    \b
    Examples:
      russell report RSCC9010
      russell report --review 2023-06
      russell report RMICRO --review 2023-06 --output microcap.html
    """
    if not (index or review):
        raise click.UsageError("there is nothing to report on: name an INDEX, a --review, or both")
    page = _of_review(context, review, index) if review else _of_index(context, str(index), cost_bps)
    from russell_pipeline.reports.page import render

    named = "-".join(part for part in (index and index.upper(), review) if part)
    file = output or Path(re.sub(r"[^\w-]+", "-", named if index else f"review-{review}") + ".html")
    html = render(page)
    if file == STANDARD_OUTPUT:
        with writing(None):
            sys.stdout.write(html)
        return
    with writing(file):
        file.write_text(html, "utf-8")
    say(f"{page.title}: {file}, {len(html.encode()) / 1e6:.2f} MB{', of a simulated market' if page.simulated else ''}")


def _of_index(context: click.Context, index: str, cost_bps: float) -> Page:
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries import report as query_report
    from russell_pipeline.reports.fact_sheet import fact_sheet

    try:
        return fact_sheet(_frames(context, query_report.index_report(index)), cost_bps)
    except NothingKnown:
        defined = ", ".join(run.index_code for run in asked(query.index_runs, context)) or "none"
        reviews = asked(query.ask, context, *query_report.reviews_with_changes(index)).rows
        listed = f"; for its changes: russell report {index.upper()} --review {reviews[-1][0]}" if reviews else ""
        raise NothingKnown(f"no index {index} is computed in this lake; defined are {defined}{listed}") from None


def _of_review(context: click.Context, review: str, index: str | None) -> Page:
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries import report as query_report
    from russell_pipeline.reports.reconstitution import reconstitution

    facts = _frames(context, query_report.review_report(review, index))
    try:
        return reconstitution(
            review, facts, index, _outlook(context, review, index, facts), _pictures(context, facts["decided"])
        )
    except NothingKnown as nothing:
        rows = asked(query.ask, context, *query_report.reviews_with_changes(index)).rows
        there = "; ".join(f"{name} ({codes})" for name, codes in rows) or "none"
        raise NothingKnown(f"{nothing}; there are: {there}") from None


def _pictures(context: click.Context, decided: pl.DataFrame) -> dict[tuple[str, int, int], bytes]:
    """The pictures of lines that people decided, as far as there are any."""
    if decided.is_empty():
        return {}
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries.pictures import line_pictures

    places = decided.select("document_id", "page", "line").rows()
    landing = context.obj.root / "landing"
    found = asked(lambda file: line_pictures(lambda one: query.ask(file, *one), landing, places), context)
    return {place: picture.png for place, picture in found.items() if picture.png}


def _outlook(
    context: click.Context, review: str, index: str | None, facts: Mapping[str, pl.DataFrame]
) -> Outlook | None:
    """What indexes need for a review, each with its pro forma; None for a review that is not to come."""
    from russell_pipeline.index.model import IndexRefusal
    from russell_pipeline.membership.indexes import indexes
    from russell_pipeline.queries.coming_reviews import ComingReviews
    from russell_pipeline.queries.index import IndexQuestions
    from russell_pipeline.reports.coming import Coming, Outlook

    reviews = asked(ComingReviews, context)
    found = [one for one in asked(lambda _: reviews.named(review), context) if index in (None, one.index_code)]
    implemented = facts["calendar"].filter(event="implementation")["starts_on"]
    if not found and not (implemented.len() and implemented[0] >= today()):
        return None
    settings: Settings = context.obj
    questions: IndexQuestions | None = None
    coming = []
    for one in found:
        pro_forma: ProForma | str = "a component file is missing"
        if one.components_ready:
            questions = questions or IndexQuestions.of(settings.root, settings.address)
            try:
                pro_forma = questions.pro_forma(one.index_code, review)
            except IndexRefusal as refusal:
                pro_forma = refusal.sentence
        coming.append(Coming(one, pro_forma))
    listed = index is None or index in indexes() or not facts["lists"].is_empty()
    return Outlook(today(), coming, listed)


def _frames(context: click.Context, questions: Mapping[str, Question]) -> dict[str, pl.DataFrame]:
    """The answers to questions as frames. Raises NoCatalog if the catalog was made by an earlier release."""
    import duckdb

    from russell_pipeline.queries import catalog as query

    def answered(catalog: Path) -> dict[str, pl.DataFrame]:
        try:
            return query.frames(catalog, questions)
        except duckdb.BinderException as error:
            said = str(error).strip()
            raise NoCatalog(f"the catalog is of an earlier release, `russell run` makes it anew: {said}") from None

    return asked(answered, context)
