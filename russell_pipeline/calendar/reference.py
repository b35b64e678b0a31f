"""What docs/calendar.md says of rules and findings, made from the data that holds it.

`python -m russell_pipeline.calendar.reference docs/calendar.md` makes those parts of the page again.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from russell_pipeline.calendar.model import EVENTS, KINDS
from russell_pipeline.calendar.rules import Edge, Rule, Rules, Version, shipped_rules
from russell_pipeline.calendar.words import MOMENT_WORDS, event_words

_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def made_again(page: str, rules: Rules) -> str:
    """A page with the parts between `<!-- made: NAME -->` and `<!-- end -->` made from the data.

    Raises KeyError for a part that nothing makes.
    """
    parts = {"kinds": _kinds(), "rules": _rules(rules), "comparisons": _comparisons(rules), "order": _order(rules)}
    made = {name: "".join(f"{line}\n" for line in lines) for name, lines in parts.items()}
    return _PART.sub(lambda part: part[1] + made[part[2]] + part[3], page)


def _kinds() -> Iterator[str]:
    return _table(("kind", "what it says"), ((f"`{kind}`", says) for kind, says in KINDS.items()))


def _rules(rules: Rules) -> Iterator[str]:
    yield from _table(("source", "is"), ((f"`{name}`", text) for name, text in rules.sources.items()))
    for event in EVENTS:
        name = event_words(event)
        yield f"\n### {name[0].upper()}{name[1:]} (`{event}`)\n"
        dated = [(rule, version) for rule in rules.rules if rule.subject.event == event for version in rule.versions]
        yield from _table(("rule", "for", "reviews", "date", "source", "confidence"), (_row(*one) for one in dated))
        excepted = [
            (f"`exception:{one.id}`", one.review, one.says, one.source, one.confidence.replace("_", "-"))
            for one in rules.exceptions
            if one.event == event
        ]
        if excepted:
            yield ""
            yield from _table(("exception", "review", "date", "source", "confidence"), excepted)


def _comparisons(rules: Rules) -> Iterator[str]:
    return _table(
        ("event", "for", "reviews", "one wording", "another"),
        (
            (f"`{one.event}`", one.reviews, _validity(one.first, one.last), *(f"`{name}`" for name in one.wordings))
            for one in rules.comparisons
        ),
    )


def _order(rules: Rules) -> Iterator[str]:
    return _table(
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


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(made_again(page.read_text("utf-8"), shipped_rules()), "utf-8")
