"""The steps of membership: securities, symbols, states and constituents, as membership/ says what lists and changes mean."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl

from russell_pipeline.dates.reviews import reconstitution_months, review_name
from russell_pipeline.errors import RefusedError
from russell_pipeline.findings import Finding
from russell_pipeline.lake.store import Lake, fingerprint
from russell_pipeline.membership.audit import audit_membership
from russell_pipeline.membership.build import Membership, build_membership, symbols_between
from russell_pipeline.membership.members import Members
from russell_pipeline.membership.model import Difference, Observation, PublishedChanges, PublishedList, State
from russell_pipeline.membership.offerings import offering_outcome
from russell_pipeline.membership.renames import Candidate
from russell_pipeline.membership.securities import AREA
from russell_pipeline.membership.states import Reconstitutions, review_of_list
from russell_pipeline.membership.suspensions import UNDECIDED
from russell_pipeline.schemas.tables import TABLES, UNDATED
from russell_pipeline.steps import supplied_securities
from russell_pipeline.steps.accepted import key_of
from russell_pipeline.steps.reference import read_reference, reference_sha256
from russell_pipeline.steps.review_dates import ReviewDates
from russell_pipeline.steps.step import TableStep, WholeTableStep, versions
from russell_pipeline.steps.years import FIRST_RULED_YEAR, in_reach, last_year

_SAME = {True: "same", False: "other"}
# What the members of a state follow from; the first tells its partition.
_STATE = (
    "valid_from", "index_code", "valid_to", "known_from", "known_to", "basis", "published_on", "members_sha256",
)  # fmt: skip


class _FromPublished(WholeTableStep):
    """A table that follows from published lists and changes, the calendar and the reference files."""

    def follows_from(self) -> tuple[object, ...]:
        return (of_membership(self.lake),)


class _FromComponentsToo(WholeTableStep):
    """A table that follows from the components and changes of symbols too that people bring."""

    def follows_from(self) -> tuple[object, ...]:
        supplied = [
            (table, key, inputs)
            for table in ("components", "symbol_changes")
            for key, inputs in versions(self.lake, table).items()
        ]
        return of_membership(self.lake), supplied, self.lake.inputs("sessions")


class MakeSymbols(_FromComponentsToo, table="symbols"):
    """Which security had which symbol when."""

    def all_rows(self) -> pl.DataFrame:
        return symbols(self.lake)


class MakeSecurityIdentifiers(_FromComponentsToo, table="security_identifiers"):
    """Identifiers of securities, each with its span."""

    def all_rows(self) -> pl.DataFrame:
        return supplied_securities.identifiers(self.lake)


class MakeSecurities(_FromComponentsToo, table="securities"):
    """Every security with its last symbol and name."""

    def all_rows(self) -> pl.DataFrame:
        return securities(self.lake)


class MakeSecurityRows(_FromPublished, table="security_rows"):
    """The security of each row of a list."""

    def all_rows(self) -> pl.DataFrame:
        return security_rows(self.lake)


class MakeRenameCandidates(_FromPublished, table="rename_candidates"):
    """Pairs of names that may be one company."""

    def all_rows(self) -> pl.DataFrame:
        return rename_candidates(self.lake)


class MakeMembershipStates(_FromPublished, table="membership_states"):
    """When each index had which members, as known when."""

    def all_rows(self) -> pl.DataFrame:
        return membership_states(self.lake)


class MakeMembershipFindings(_FromComponentsToo, table="membership_findings"):
    """What does not fit together."""

    def all_rows(self) -> pl.DataFrame:
        return membership_findings(self.lake)


class MakeConstituents(TableStep, table="constituents"):
    """The members of every state, by the calendar year of the day from which it holds."""

    def inputs(self) -> Mapping[str, tuple[object, ...]]:
        found: dict[str, list[object]] = defaultdict(list)
        for state in self.lake.read("membership_states").select(_STATE).iter_rows():
            found[key_of(in_reach(state[0].year))].append(state)
        return {year: (states,) for year, states in found.items()}

    def rows(self, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        return constituents(self.lake, keys)


def of_membership(lake: Lake) -> str:
    """The fingerprint of all that membership follows from: lists, changes, the calendar and the reference files."""
    tables = ("membership_lists", "membership_changes", "calendar")
    return fingerprint(*(sorted(versions(lake, table).items()) for table in tables), reference_sha256(lake))


def membership(lake: Lake) -> Membership:
    """Membership as the accepted lists and changes of a lake tell it."""
    return _built(lake, of_membership(lake))


@lru_cache(maxsize=1)  # one run makes several tables from it
def _built(lake: Lake, _inputs: str) -> Membership:
    dates = ReviewDates(lake, (review_name(year, 6) for year in range(FIRST_RULED_YEAR, last_year() + 1)))
    lists = {one.document_id: one for one in _lists(lake, dates)}
    changes = {one.document_id: one for one in _changes(lake, dates)}
    observations = [*_listed(lake, lists), *_changed(lake, changes)]
    return build_membership(
        lists.values(), changes.values(), observations, _reconstitutions(dates), read_reference(lake).symbols
    )


def _reconstitutions(dates: ReviewDates) -> Reconstitutions:
    reviews = [
        review_name(year, month)
        for year in range(FIRST_RULED_YEAR, last_year() + 1)
        for month in reconstitution_months(year)
    ]
    days = [(day, review) for review in reviews if (day := dates.effective_on(review)) is not None]
    return Reconstitutions([day for day, _ in days], [review for _, review in days])


def _lists(lake: Lake, dates: ReviewDates) -> Iterator[PublishedList]:
    """The membership lists whose effective day is known."""
    for document in _dated(lake, "membership_list"):
        as_of = document["as_of"]
        review = review_of_list(document["review"], as_of, document["review_year"])
        effective_on = dates.list_holds_from(as_of, review, document["status"])
        if effective_on is not None:
            published_on = document["published_on"] or dates.published_on(review, document["status"])
            yield PublishedList(
                document["index_code"],
                document["document_id"],
                effective_on,
                published_on or as_of or effective_on,
                document["status"],
            )


def _changes(lake: Lake, dates: ReviewDates) -> Iterator[PublishedChanges]:
    """The additions and deletions whose review has a known effective day."""
    days: dict[str, tuple[date, ...]] = {
        document_id: tuple(sorted(acting))
        for document_id, acting in lake.read("membership_changes")
        .group_by("document_id")
        .agg(pl.col("effective_on").drop_nulls().unique())
        .iter_rows()
    }
    for document in _dated(lake, "membership_changes"):
        effective_on = dates.effective_on(document["review"])
        if effective_on is not None:
            published_on = document["published_on"] or dates.published_on(document["review"], document["status"])
            yield PublishedChanges(
                document["index_code"],
                document["document_id"],
                document["review"],
                document["change"],
                effective_on,
                days[document["document_id"]],
                published_on or effective_on,
                document["status"],
            )


def _dated(lake: Lake, kind: str) -> Iterator[dict[str, Any]]:
    documents = lake.read("documents").filter(kind=kind, state="accepted").filter(pl.col("index_code").is_not_null())
    yield from documents.sort("document_id").iter_rows(named=True)


def _listed(lake: Lake, lists: dict[str, PublishedList]) -> Iterator[Observation]:
    columns = ("document_id", "ordinal", "symbol", "company_name", "class_marker", "page", "line", "reading")
    for document_id, ordinal, symbol, name, marker, page, line, reading in (
        lake.read("membership_lists").select(columns).iter_rows()
    ):
        if found := lists.get(document_id):
            yield Observation(
                min(found.known_on, found.effective_on), found.effective_on, symbol, name, marker, found.index_code, "member",
                document_id, ordinal, page, line, reading=reading,
            )  # fmt: skip


def _changed(lake: Lake, changes: dict[str, PublishedChanges]) -> Iterator[Observation]:
    for row in lake.read("membership_changes").iter_rows(named=True):
        if found := changes.get(row["document_id"]):
            yield Observation(
                min(found.known_on, found.effective_on), found.effective_on, row["symbol"], row["company_name"],
                row["class_marker"], found.index_code, found.change, row["document_id"], row["ordinal"], row["page"],
                row["line"], row["effective_on"], row["taxonomy"], row["classification"], row["reading"],
            )  # fmt: skip


def securities(lake: Lake) -> pl.DataFrame:
    """The rows of `securities`."""
    published = TABLES["securities"].frame(
        {
            "security_id": security.security_id,
            "symbol": security.periods[-1].symbol,
            "company_name": security.last.company_name,
            "class_marker": security.last.class_marker,
            "names": sorted({one.company_name for one in security.seen}),
            "first_seen_on": security.seen[0].day,
            "last_seen_on": security.last.day,
            "documents": len({one.document_id for one in security.seen}),
        }
        for security in membership(lake).securities.securities
    )
    return supplied_securities.securities(lake, published)


def symbols(lake: Lake) -> pl.DataFrame:
    """The rows of `symbols`."""
    published = TABLES["symbols"].frame(
        {
            "symbol": period.symbol,
            "symbol_key": period.key,
            "security_id": security.security_id,
            "valid_from": period.valid_from,
            "valid_to": period.valid_to,
        }
        for security in membership(lake).securities.securities
        for period in security.periods
    )
    return supplied_securities.symbols(lake, published)


def security_rows(lake: Lake) -> pl.DataFrame:
    """The rows of `security_rows`."""
    return TABLES["security_rows"].frame(
        {**row._asdict(), "security_id": security.security_id}
        for row, security in membership(lake).securities.by_row.items()
    )


def rename_candidates(lake: Lake) -> pl.DataFrame:
    """The rows of `rename_candidates`."""
    known = membership(lake)
    return TABLES["rename_candidates"].frame(_candidate_row(known, one) for one in known.candidates)


def _candidate_row(known: Membership, one: Candidate) -> dict[str, object]:
    before, after = one.before, one.after
    return {
        "key": one.key,
        "old_symbol": before.symbol,
        "new_symbol": after.symbol,
        "old_company_name": before.company_name,
        "new_company_name": after.company_name,
        "old_list": f"{before.index_code} {before.effective_on}",
        "new_list": f"{after.index_code} {after.effective_on}",
        "likeness": one.likeness,
        "evidence": one.evidence,
        "taken_as": _SAME[one.same],
        "decision": one.decided and _SAME[one.decided.same],
        "reason": one.decided and one.decided.reason,
        "old_security_id": known.security(before),
        "new_security_id": known.security(after),
        "old_document_id": before.document_id,
        "old_page": before.page,
        "old_line": before.line,
        "document_id": after.document_id,
        "page": after.page,
        "line": after.line,
    }


def membership_states(lake: Lake) -> pl.DataFrame:
    """The rows of `membership_states`."""
    known = membership(lake)
    return TABLES["membership_states"].frame(
        _state_row(known, state) for found in known.states.values() for state in found
    )


def _state_row(known: Membership, state: State | Difference) -> dict[str, object]:
    members = known.replay.members(state)
    derived = isinstance(state, Difference)
    of = state.minuend if isinstance(state, Difference) else state
    return {
        **_spans(state),
        "index_code": state.index_code,
        "published_on": state.published_on,
        "basis": "difference" if derived else "list_and_changes" if of.changes else "list",
        "members": len(members),
        "reconstitution": of.reconstitution,
        "behind_from": of.behind_from,
        "document_id": of.base.document_id,
        "change_document_ids": [one.document_id for one in of.changes],
        "minuend_on": state.minuend.valid_from if isinstance(state, Difference) else None,
        "subtrahend_on": state.subtrahend.valid_from if isinstance(state, Difference) else None,
        "members_sha256": _hash(known, members, state),
    }


def _hash(known: Membership, members: Members, state: State | Difference) -> str:
    told = []
    for security_id, row in sorted(members.items()):
        security, printed = known.securities.by_row[row], known.rows[row]
        symbols = list(symbols_between(security, printed.symbol, state.valid_from, state.valid_to))
        decided = (printed.company_name, printed.class_marker) if printed.reading == "decided" else ()
        told.append((security_id, row, symbols, *decided))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _spans(state: State | Difference) -> dict[str, object]:
    return {name: getattr(state, name) for name in ("valid_from", "valid_to", "known_from", "known_to")}


def constituents(lake: Lake, keys: Iterable[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of `constituents` for some years, by the year in which their state begins."""
    known = membership(lake)
    for key in keys:
        rows = (
            row
            for found in known.states.values()
            for state in found
            if str(in_reach(state.valid_from.year) or UNDATED) == key
            for row in _constituents(known, state)
        )
        yield key, TABLES["constituents"].frame(rows)


def _constituents(known: Membership, state: State | Difference) -> Iterator[dict[str, object]]:
    for security_id, row in known.replay.members(state).items():
        printed = known.rows[row]
        security = known.securities.by_row[row]
        for symbol, since, until in symbols_between(security, printed.symbol, state.valid_from, state.valid_to):
            yield {
                "review_year": in_reach(state.valid_from.year),
                "index_code": state.index_code,
                "security_id": security_id,
                "symbol": symbol,
                "company_name": printed.company_name,
                "class_marker": printed.class_marker,
                "basis": "derived" if isinstance(state, Difference) else "list",
                "published_on": state.published_on,
                **_spans(state),
                "valid_from": since,
                "valid_to": until,
                "document_id": printed.document_id,
                "page": printed.page,
                "line": printed.line,
                "reading": printed.reading,
            }


def membership_findings(lake: Lake) -> pl.DataFrame:
    """The rows of `membership_findings`: what does not fit together, and documents whose day or index is unknown."""
    return TABLES["membership_findings"].frame(
        {column: getattr(found, column) for column in TABLES["membership_findings"].empty.columns}
        for found in (
            *_placeless(lake),
            *_reference(lake),
            *audit_membership(membership(lake)),
            *supplied_securities.findings(lake),
        )
    )


def _placeless(lake: Lake) -> Iterator[Finding]:
    """Lists and changes that take no part in membership, because their index or the day from which they hold is unknown."""
    known = membership(lake)
    placed = {one.document_id for one in known.lists} | {one.document_id for one in known.changes}
    documents = lake.read("documents").filter(state="accepted").sort("document_id")
    for document in documents.filter(pl.col("kind").is_in(["membership_list", "membership_changes"])).iter_rows(
        named=True
    ):
        if document["document_id"] not in placed:
            lacks = "index" if document["index_code"] is None else "review or date"
            message = f"{document['file_name']} names no {lacks}, so that it takes no part in membership: name it in a sidecar"
            yield Finding(AREA, "warning", document["file_name"], message, document["document_id"])


def _reference(lake: Lake) -> Iterator[Finding]:
    """Findings from the reference files: changes dated by a rule, offerings, and rows that cannot be taken."""
    reference = read_reference(lake)
    yield from reference.findings
    dated = lake.read("membership_changes").filter(pl.col("dated_by").is_not_null())
    for row in dated.iter_rows(named=True):
        severity = "warning" if row["dated_by"] == UNDECIDED or row["effective_on"] is None else "info"
        said = f"{row['index_code']} {row['review']}: the {row['change']} of {row['symbol']} ({row['company_name']})"
        message = f"{said}: {row['dated_because']} ({row['dated_by']})"
        yield Finding(AREA, severity, row["symbol"], message, row["document_id"], row["page"], row["line"])
    dates = ReviewDates(lake, (offering.announced_review for offering in reference.offerings))
    for offering in reference.offerings:
        days = dates.days(offering.announced_review)
        if days is not None:
            try:
                says = offering_outcome(offering, days, dates.sessions).says
            except RefusedError as refused:
                says = str(refused)
            yield Finding(AREA, "info", offering.symbol, f"the offering of {offering.symbol}: {says}")


def findings(lake: Lake) -> Iterator[Finding]:
    """The findings on membership."""
    for row in lake.read("membership_findings").iter_rows(named=True):
        yield Finding(AREA, **row)
