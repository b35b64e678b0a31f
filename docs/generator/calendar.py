"""The generated parts of docs/calendar.md: rules, comparisons of wordings, the order of events, kinds of findings."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generator.parts import Parts, table
from russell_pipeline.calendar.model import KINDS
from russell_pipeline.calendar.rules import Edge, Rule, Rules, Version
from russell_pipeline.calendar.words import MOMENT_WORDS, event_words
from russell_pipeline.dates.reviews import EVENTS


def parts(rules: Rules) -> Parts:
    """`kinds` of findings, and of the rules: `rules` by event, `comparisons` of wordings, `order` of events."""
    return {"kinds": _kinds(), "rules": _rules(rules), "comparisons": _comparisons(rules), "order": _order(rules)}


def _kinds() -> Iterator[str]:
    return table(("kind", "what it says"), ((f"`{kind}`", says) for kind, says in KINDS.items()))


def _rules(rules: Rules) -> Iterator[str]:
    yield from table(("source", "is"), ((f"`{name}`", text) for name, text in rules.sources.items()))
    for event in EVENTS:
        name = event_words(event)
        yield f"\n### {name[0].upper()}{name[1:]} (`{event}`)\n"
        dated = [(rule, version) for rule in rules.rules if rule.subject.event == event for version in rule.versions]
        yield from table(("rule", "for", "reviews", "date", "source", "confidence"), (_row(*one) for one in dated))
        excepted = [
            (f"`exception:{one.id}`", one.review, one.says, one.source, one.confidence.replace("_", "-"))
            for one in rules.exceptions
            if one.event == event
        ]
        if excepted:
            yield ""
            yield from table(("exception", "review", "date", "source", "confidence"), excepted)


def _comparisons(rules: Rules) -> Iterator[str]:
    return table(
        ("event", "for", "reviews", "one wording", "another"),
        (
            (f"`{one.event}`", one.reviews, _validity(one.first, one.last), *(f"`{name}`" for name in one.wordings))
            for one in rules.comparisons
        ),
    )


def _order(rules: Rules) -> Iterator[str]:
    return table(
        ("first", "then", "because"),
        ((" or ".join(map(_edge, one.before)), _edge(one.after), one.because) for one in rules.order),
    )


def _edge(edge: Edge) -> str:
    return f"`{edge.event}`" + (" ends" if edge.end == "ends" else "")


def _row(rule: Rule, version: Version) -> tuple[str, ...]:
    subject = rule.subject
    attested = f" for {_validity(*version.attested)}, else inferred" if version.attested else ""
    return (
        f"`{rule.id}@{version.first}`",
        subject.reviews + (f" (policy `{subject.policy}`)" if subject.policy else ""),
        _validity(version.first, version.last),
        version.says + (f", {MOMENT_WORDS[subject.moment]}" if subject.moment else ""),
        version.source,
        version.confidence.replace("_", "-") + attested,
    )


def _validity(first: str, last: str | None) -> str:
    if first == last:
        return first
    return f"from {first}" if last in (None, "9999-12") else f"{first} to {last}"
