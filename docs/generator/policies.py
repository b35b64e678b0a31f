"""The generated part of docs/policies.md: the register of policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from docs.generator.parts import Parts, table
from russell_pipeline.index.policies import Policy


def parts(register: Mapping[str, Policy]) -> Parts:
    """`policies`: a section for each with its clause, its default, what its options change, and its limits."""
    return {"policies": (line for name, policy in register.items() for line in _section(name, policy))}


def _section(name: str, policy: Policy) -> Iterator[str]:
    clauses = [policy.clause, *policy.also]
    yield from ("", f"## {name}", "", policy.about, "")
    since = f" Since {policy.since}." if policy.since else ""
    yield f"Clause{'s' if len(clauses) > 1 else ''} {', '.join(clauses)}. Default: `{policy.default}`.{since}"
    yield ""
    figures = list(policy.options[policy.default].figures)
    rows = (
        (f"`{name}`", option.does, *(f"{option.figures[figure]:g}" for figure in figures))
        for name, option in policy.options.items()
    )
    yield from table(("option", "what it does and changes", *figures), rows)
    for chosen, option in policy.options.items():
        if option.source:
            yield from ("", f"Source of the figures of `{chosen}`: {option.source}")
    if policy.limits:
        yield ""
        limits = ((f"`{limit}`", str(one.default), one.about) for limit, one in policy.limits.items())
        yield from table(("limit", "default", "what it is"), limits)
        yield ""
        yield f"A definition sets them under `correction_limits`: `correction_limits: {{{_example(policy)}}}`."


def _example(policy: Policy) -> str:
    return ", ".join(f"{name}: {limit.default}" for name, limit in policy.limits.items())
