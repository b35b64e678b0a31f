"""Findings on membership: lists, changes and versions of them that do not fit together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby, pairwise, product

import yaml

from russell_pipeline.findings import Finding
from russell_pipeline.membership.build import Membership
from russell_pipeline.membership.indexes import Index, indexes
from russell_pipeline.membership.members import Members
from russell_pipeline.membership.model import Difference, Observation, PublishedChanges, State, Version
from russell_pipeline.membership.renames import summary
from russell_pipeline.membership.securities import AREA
from russell_pipeline.membership.states import best_version
from russell_pipeline.wording import counted, first_few

_NAMED = 400  # symbols in one finding; a list is seldom longer


def audit_membership(membership: Membership, register: Mapping[str, Index] | None = None) -> Iterator[Finding]:
    """The findings on membership as it is known now, each with its document.

    `register` has the nominal size of each index and the index that contains it, by code; `indexes()` if it is not given.
    """
    register = indexes() if register is None else register
    yield from membership.securities.findings
    yield from summary(membership.candidates)
    for code in membership.states:
        for state in membership.current(code):
            yield from _count(membership, state, register)
    for changes in _chosen(membership):
        yield from _changes_against_members(membership, changes)
    for code in membership.states:
        yield from _against_next_list(membership, code)
        yield from _outside(membership, code, register)
    yield from _versions(membership)
    yield from _classifications(membership)


def _count(membership: Membership, state: State | Difference, register: Mapping[str, Index]) -> Iterator[Finding]:
    """A count far from the index's nominal size."""
    index = register.get(state.index_code)
    if index is None or index.nominal is None:
        return
    count = len(membership.replay.members(state))
    if abs(count - index.nominal) > index.tolerance * index.nominal:
        subject = f"{state.index_code} {state.valid_from}"
        message = f"{subject}: {counted(count, 'member')}, where the index has about {index.nominal:,}"
        yield Finding(AREA, "warning", subject, message, _document(state))


def _document(state: State | Difference) -> str:
    """The latest document that a state rests on."""
    if isinstance(state, Difference):
        return _document(state.minuend)
    return max(state.changes, key=lambda one: one.effective_on).document_id if state.changes else state.base.document_id


def _chosen(membership: Membership) -> Iterator[PublishedChanges]:
    """The best version of the changes of each index and review."""
    for _, versions in groupby(membership.changes, key=lambda one: (one.index_code, one.review, one.change)):
        yield best_version(versions)


def _changes_against_members(membership: Membership, changes: PublishedChanges) -> Iterator[Finding]:
    """Deletions of non-members and additions of members; without a list as base, deletions of what no document contains."""
    subject = f"{changes.index_code} {changes.review}"
    before = _state_before(membership, changes)
    rows = membership.document(changes.document_id)
    if before is None:
        yield Finding(
            AREA,
            "warning",
            subject,
            f"{subject}: the {changes.change}s are changes only, for no list of {changes.index_code} in the lake reaches that "
            "review: they are not applied to its members",
            changes.document_id,
        )
        if changes.change == "deletion" and changes.index_code in membership.states:
            yield from _never_contained(membership, changes, rows)
        return
    members = membership.replay.members(before)
    for one in rows:
        held = membership.security(one) in members
        if held == (changes.change == "addition"):
            what = "added, but is a member already" if held else "deleted, but is no member"
            message = f"{subject}: {one.symbol} ({one.company_name}) is {what} since {before.valid_from}"
            yield Finding(AREA, "warning", one.symbol, message, one.document_id, one.page, one.line)


def _never_contained(
    membership: Membership, changes: PublishedChanges, rows: Iterable[Observation]
) -> Iterator[Finding]:
    known = {
        membership.security(one)
        for one in membership.rows.values()
        if one.index_code == changes.index_code
        and (one.kind == "member" or (one.kind == "addition" and one.effective_on < changes.effective_on))
    }
    missing = [one.symbol for one in rows if membership.security(one) not in known]
    if missing:
        subject = f"{changes.index_code} {changes.review}"
        message = (
            f"{subject}: {counted(len(missing), 'deletion is of a company', 'deletions are of companies')} "
            "that no list and no earlier addition of "
            f"{changes.index_code} in the lake contains: {_named(missing)}"
        )
        yield Finding(AREA, "warning", subject, message, changes.document_id)


def _state_before(membership: Membership, changes: PublishedChanges) -> State | None:
    """The state that changes would act on, None if there is none or a reconstitution in between is missing."""
    before = [
        state
        for state in membership.current(changes.index_code)
        if isinstance(state, State) and state.valid_from < changes.effective_on
    ]
    if not before or membership.reconstitutions.between(before[-1].latest_effective_on, changes.effective_on):
        return None
    return before[-1]


def _against_next_list(membership: Membership, code: str) -> Iterator[Finding]:
    """Members that joined or left from one list to the next without a published change, and changes that the list contradicts."""
    chosen = [one for one in _chosen(membership) if one.index_code == code]
    for before, after in pairwise(membership.current(code)):
        if isinstance(before, Difference) or isinstance(after, Difference) or after.changes:
            continue
        if not membership.reconstitutions.between(before.latest_effective_on, after.valid_from):
            of_review = [one for one in chosen if one.effective_on == after.valid_from]
            yield from _against_list(membership, before, after, of_review)


def _against_list(
    membership: Membership, before: State, after: State, changes: Iterable[PublishedChanges]
) -> Iterator[Finding]:
    """How a list differs from the one before it and the changes between; a side without published changes is not compared."""
    told = {
        one.change: {move.security_id: move for move in membership.replay.moves(one.document_id)} for one in changes
    }
    deleted, added = told.get("deletion", {}), told.get("addition", {})
    former, listed = membership.replay.members(before), membership.replay.members(after)
    of, to = before.valid_from, after.valid_from
    # A rule may shift a change beyond the list.
    out = {security: move.row for security, move in deleted.items() if move.day <= to}
    new = {security: move.row for security, move in added.items() if move.day <= to}

    def differing(rows: Members, securities: Collection[str], what: str) -> Iterator[Finding]:
        if securities:
            subject, names = f"{after.index_code} {to}", _named(_symbols(membership, securities, rows))
            message = f"{subject}: {len(securities)} {what}: {names}"
            yield Finding(AREA, "info", subject, message, after.base.document_id)

    if "deletion" in told:
        left = former.keys() - listed.keys() - deleted.keys()
        says = f"left between reviews: members of {of}, unseen in the list of {to}, and in no deletions"
        yield from differing(former, left, says)
        stayed = (out.keys() - new.keys()) & listed.keys()
        yield from differing(out, stayed, f"deleted at the review, and yet in the list of {to}")
    if "addition" in told:
        joined = listed.keys() - former.keys() - added.keys()
        says = f"joined between reviews: in the list of {to}, no members of {of}, and in no additions"
        yield from differing(listed, joined, says)
        yield from differing(new, new.keys() - listed.keys(), f"added at the review, and yet not in the list of {to}")


def _symbols(membership: Membership, securities: Iterable[str], rows: Members) -> list[str]:
    return [membership.rows[rows[security]].symbol for security in securities]


def _outside(membership: Membership, code: str, register: Mapping[str, Index]) -> Iterator[Finding]:
    """Members of an index that are missing from the index that contains it, both after the same reconstitution."""
    whole = register[code].within if code in register else None
    if whole is None:
        return
    for part, other in product(membership.current(code), membership.current(whole)):
        if not isinstance(part, State) or not isinstance(other, State) or part.valid_from != other.valid_from:
            continue
        members = membership.replay.members(part)
        outside = members.keys() - membership.replay.members(other).keys()
        if outside:
            subject = f"{code} {part.valid_from}"
            names = _named(_symbols(membership, outside, members))
            message = f"{subject}: {counted(len(outside), 'member is', 'members are')} not in {whole}: {names}"
            yield Finding(AREA, "warning", subject, message, _document(part))


def _versions(membership: Membership) -> Iterator[Finding]:
    """Additions and removals between one version of a list, or of changes, and the next."""
    for (code, day), lists in groupby(membership.lists, key=lambda one: (one.index_code, one.effective_on)):
        for former, latter in pairwise(sorted(lists, key=lambda one: one.precedence)):
            yield from _between_versions(membership, f"{code} members of {day}", former, latter)
    for (code, review, change), changes in groupby(
        membership.changes, key=lambda one: (one.index_code, one.review, one.change)
    ):
        for earlier, later in pairwise(sorted(changes, key=lambda one: one.precedence)):
            yield from _between_versions(membership, f"{code} {review} {change}s", earlier, later)


def _between_versions(membership: Membership, subject: str, former: Version, latter: Version) -> Iterator[Finding]:
    before, after = (
        {membership.security(one): one.symbol for one in membership.document(version.document_id)}
        for version in (former, latter)
    )
    new = [after[security] for security in after.keys() - before.keys()]
    dropped = [before[security] for security in before.keys() - after.keys()]
    if new or dropped:
        which = f"{former.status or 'undated version'} of {former.known_on} and {latter.status or 'version'} of {latter.known_on}"
        said = [f"{len(new)} new ({_named(new)})"] if new else []
        said += [f"{len(dropped)} dropped ({_named(dropped)})"] if dropped else []
        yield Finding(AREA, "info", subject, f"{subject}: between the {which}: {', '.join(said)}", latter.document_id)


def _classifications(membership: Membership) -> Iterator[Finding]:
    """Companies whose sector or industry changed, unless the change of taxonomy explains it."""
    by_security: dict[str, list[Observation]] = defaultdict(list)
    for one in membership.rows.values():
        if one.classification:
            by_security[membership.security(one)].append(one)
    for _, seen in sorted(by_security.items()):
        seen.sort(key=lambda one: (one.effective_on, one.day, one.document_id))
        for before, after in pairwise(seen):
            if not _follows(before, after):
                message = f"{after.symbol} ({after.company_name}): {_classified(before)} became {_classified(after)}"
                yield Finding(AREA, "info", after.symbol, message, after.document_id, after.page, after.line)


def _classified(one: Observation) -> str:
    return f"{one.classification} ({one.taxonomy}, {one.index_code} of {one.effective_on})"


def _follows(before: Observation, after: Observation) -> bool:
    if before.taxonomy == after.taxonomy:
        return before.classification == after.classification
    rgs, icb = (before, after) if before.taxonomy == "RGS" else (after, before)
    return (icb.classification or "") in _industries_of().get(rgs.classification or "", ())


@cache
def _industries_of() -> dict[str, Sequence[str]]:
    text = files("russell_pipeline.membership").joinpath("taxonomies.yaml").read_text(encoding="utf-8")
    told: dict[str, Sequence[str]] = yaml.safe_load(text)
    return told


def _named(symbols: Iterable[str]) -> str:
    return first_few(sorted(set(symbols)), _NAMED)
