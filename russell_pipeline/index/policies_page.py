"""The register of policies as a page for readers: `python -m russell_pipeline.index.policies_page > docs/policies.md`."""

from __future__ import annotations

from collections.abc import Iterator

from russell_pipeline.index.policies import Policy, policies

_HEAD = """\
# Policies

What the ground rules of an index leave open is a policy of its definition, under `policies`: a name and one of its options. An
option that is not named is the default. Clauses are those of the Ground Rules v1.3 of the 90/10 index; a definition that pins
them gets a finding when one changes, which names the policies below that rest on it.

This page is made from the register, `russell_pipeline/index/policies.yaml`, by `python -m russell_pipeline.index.policies_page`.
"""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([_HEAD, *(line for name, policy in policies().items() for line in _section(name, policy))])


def _section(name: str, policy: Policy) -> Iterator[str]:
    clauses = [policy.clause, *policy.also]
    yield from (f"## {name}", "", policy.about, "")
    yield f"Clause{'s' if len(clauses) > 1 else ''} {', '.join(clauses)}. Default: `{policy.default}`."
    yield from ("", "| option | what it does and changes |", "| --- | --- |")
    yield from (f"| `{option}` | {says} |" for option, says in policy.options.items())
    yield ""
    if policy.limits:
        yield from ("| limit | default | what it is |", "| --- | --- | --- |")
        yield from (f"| `{limit}` | {one.default} | {one.about} |" for limit, one in policy.limits.items())
        yield from (
            "",
            f"A definition sets them under `correction_limits`: `correction_limits: {{{_example(policy)}}}`.",
            "",
        )


def _example(policy: Policy) -> str:
    return ", ".join(f"{name}: {limit.default}" for name, limit in policy.limits.items())


if __name__ == "__main__":
    print(page(), end="")
