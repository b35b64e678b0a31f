"""Schedules: the rules for dates that accounted lines state in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from russell_pipeline.dates.rules import find_rules
from russell_pipeline.dates.stated import StatedRule
from russell_pipeline.documents.model import Line
from russell_pipeline.documents.schedules.parts import (
    Context,
    Paragraph,
    heads_of,
    labelled,
    parts_of,
    section_of,
)
from russell_pipeline.documents.schedules.placed_text import PlacedText
from russell_pipeline.documents.schedules.words import (
    FOOTNOTE,
    event_named,
    moment_named,
    review_named,
    sentences,
    without_marks,
)


def stated_rules(lines: Sequence[Line], review_year: int | None = None) -> list[StatedRule]:
    """The rules for dates that accounted lines state in words, in document order.

    The rules in a footnote (`**`) are for the event of the row whose label bears its mark.
    """
    rules: list[StatedRule] = []
    marked: dict[str, str] = {}
    for part in parts_of(lines, review_year):
        context = part.context
        if isinstance(part, Paragraph):
            footnote = FOOTNOTE.match(part.text.text)
            rules += _rules_in(context, part.text, (), marked.get(footnote["mark"]) if footnote else None)
            continue
        reviews = tuple(review for head in heads_of(part) if (review := review_named(head, context.year, bare=True)))
        context = replace(context, section=section_of(context, bool(reviews), len(reviews)))
        label = part.cells[0].text
        _, term = labelled([label], context.heading)
        if term and (mark := re.search(r"\S([*†‡]+)$", label)):
            marked[mark[1]] = term.event
        for cell in part.cells:
            rules += _rules_in(context, cell, reviews, term.event if term else None, without_marks(label))
    return rules


def _rules_in(
    context: Context, text: PlacedText, reviews: tuple[str, ...], event: str | None, label: str = ""
) -> Iterator[StatedRule]:
    for offset, sentence in _rule_sentences(text.text):
        review = review_named(sentence, context.year)
        dates = context.dates(sentence, review or context.review)
        for found in find_rules(sentence, dates):
            rule, before = found.rule, without_marks(sentence[: found.start])
            named = event or _ruled_event(before, context.heading)
            if rule.anchor_on or rule.anchor_weekdays or _anchored_on_itself(named, rule.anchor):
                if named and named == rule.anchor and not rule.offset:
                    continue
                named = None
            line = text.line_at(offset + found.start)
            own_review = None if rule.months else review or context.review
            yield StatedRule(
                event=named,
                stated_text=without_marks(found.text),
                section=context.section or "introduction",
                page=line.page,
                line=line.number,
                rule=rule,
                label=label or before.strip(" ,;:*_"),
                reviews=reviews or ((own_review,) if own_review else ()),
                moment=moment_named(f"{before} {without_marks(sentence[found.start : found.end])}"),
            )


def _rule_sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a text with their offsets; a text with an exception ("falls on the 29th") counts as one sentence."""
    yield from [(0, text)] if re.search(r"\bfalls? on\b", text) else sentences(text)


def _ruled_event(before: str, heading: str) -> str | None:
    """The event that a rule dates, from the words before it or else the heading.

    None if the words speak of revisions or of a deadline ("up until", "no later than").
    """
    if re.search(r"\brevis\w+|\bup until\b|\bno later than\b", before, re.IGNORECASE):
        return None
    return event_named(before, context=heading, last=True) or event_named(heading)


def _anchored_on_itself(event: str | None, anchor: str | None) -> bool:
    one = {"implementation", "effective"}
    return anchor is not None and (event == anchor or (event in one and anchor in one))
