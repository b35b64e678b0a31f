"""Which files of a table are stale. Each file stores the fingerprint of its inputs, which is compared with the current one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache, partial
from importlib.metadata import version
from typing import Any

import polars as pl

from russell_pipeline.calendar.rules import rules_sha256
from russell_pipeline.documents.schedules.dates import NO_REVIEW, STATES_DATES_OF
from russell_pipeline.lake.store import Lake, fingerprint
from russell_pipeline.schemas.tables import TABLES, UNDATED
from russell_pipeline.steps.market_findings import market_sha256
from russell_pipeline.steps.reference import reference_sha256
from russell_pipeline.steps.years import FIRST_RULED_YEAR, in_reach, last_year, year_of

# The key of a table that is one file.
WHOLE = "whole"

# The tables that are made here from other tables or documents, in the order of the flow.
DERIVED = (
    "sessions",
    "calendar",
    "calendar_findings",
    "membership_lists",
    "membership_changes",
    "rulebook_clauses",
    "securities",
    "symbols",
    "security_identifiers",
    "security_rows",
    "rename_candidates",
    "membership_states",
    "membership_findings",
    "constituents",
    "market_findings",
)
_OF_MEMBERSHIP = ("security_rows", "rename_candidates", "membership_states")
_OF_COMPONENTS_TOO = ("securities", "symbols", "security_identifiers", "membership_findings")
_KIND = {
    "calendar": "review_schedule",
    "calendar_findings": "review_schedule",
    "membership_lists": "membership_list",
    "membership_changes": "membership_changes",
    "rulebook_clauses": "ground_rules",
}
BY_YEAR = tuple(name for name in DERIVED if TABLES[name].partition_by == "review_year")


class Inputs:
    """What each table would be made from now; documents of the lake and reference files are read once.

    An input that is itself a table counts by its own inputs, so that a new document reaches all tables that follow from it. With
    `as_made` it counts by what it was last made from: files store that fingerprint, because a backfill may make their years one
    by one.
    """

    def __init__(self, lake: Lake, *, as_made: bool = False) -> None:
        self._lake = lake
        self._as_made = as_made
        self._documents = lake.read("documents").filter(state="accepted")
        self._reference_sha256 = cache(partial(reference_sha256, lake))

    def documents(self, table: str, key: str) -> pl.DataFrame:
        """The accepted documents (rows of `documents`) that a partition of a table is made from.

        Schedules are in order of publication, undated ones first; other documents are in order of document_id.
        """
        documents = self._of_kind(table)
        return documents.filter([key in _keys(table, document) for document in documents.iter_rows(named=True)])

    def fingerprints(self, table: str) -> dict[str, str]:
        """The fingerprint of the inputs of each partition of a table, by key."""
        return {key: fingerprint(TABLES[table].code_version, *found) for key, found in self._inputs(table).items()}

    def stale(self, table: str) -> list[str]:
        """The partitions of a table that must be made again, or removed because nothing is left to make them from."""
        wanted = self.fingerprints(table)
        keys = {*wanted, *self._lake.keys(table)}
        if table == "constituents" and self.stale("membership_states"):
            # Their years are not known before the states are made.
            return sorted({*keys, *self.fingerprints("membership_lists"), *self.fingerprints("membership_changes")})
        return sorted(key for key in keys if self._lake.inputs(table, key) != wanted.get(key))

    def of_membership(self) -> str:
        """The fingerprint of all that membership follows from: lists, changes, the calendar and the reference files."""
        tables = ("membership_lists", "membership_changes", "calendar")
        return fingerprint(*(sorted(self._upstream(table).items()) for table in tables), self._reference_sha256())

    def _upstream(self, table: str) -> dict[str, str]:
        """The fingerprint of each partition of a table that other tables follow from."""
        if not self._as_made:
            return self.fingerprints(table)
        keys = [WHOLE] if TABLES[table].partition_by is None else self._lake.keys(table)
        return {key: made for key in keys if (made := self._lake.inputs(table, key)) is not None}

    def _inputs(self, table: str) -> Mapping[str, tuple[object, ...]]:
        """The inputs of each partition of a table, by key."""
        match table:
            case "sessions":
                return {WHOLE: (_exchange_calendars(), last_year())}
            case "calendar":
                rules, read = (rules_sha256(), _exchange_calendars()), self._read(table)
                ruled = map(str, range(FIRST_RULED_YEAR, last_year() + 1))
                return {key: (*rules, read[key]) for key in sorted({*read, *ruled})}
            case "calendar_findings":
                return {WHOLE: (rules_sha256(), _exchange_calendars(), last_year(), self._read(table)[WHOLE])}
            case "membership_changes":
                # Changes carry the dates of their review, so they follow those of its year.
                read = self._read(table, self._upstream("calendar"))
                suspensions = self._reference_sha256("suspensions")
                return {key: (found, suspensions) for key, found in read.items()}
            case "constituents":
                return {key: (found,) for key, found in self._states().items()}
            case "market_findings":
                market = market_sha256(self._lake)
                sessions = self._upstream("sessions").get(WHOLE)
                return {} if market is None else {WHOLE: (market, sessions, self.of_membership())}
            case _ if table in _OF_COMPONENTS_TOO:
                return {WHOLE: (self.of_membership(), self._supplied(), self._upstream("sessions").get(WHOLE))}
            case _ if table in _OF_MEMBERSHIP:
                return {WHOLE: (self.of_membership(),)}
            case _:
                return {key: (found,) for key, found in self._read(table).items()}

    def _supplied(self) -> list[tuple[str, str, str | None]]:
        """The files of the tables of the market that name securities, each with the fingerprint of its inputs."""
        return [
            (table, key, self._lake.inputs(table, key))
            for table in ("components", "symbol_changes")
            for key in self._lake.keys(table)
        ]

    def _read(self, table: str, dates: Mapping[str, str] | None = None) -> defaultdict[str, list[object]]:
        """The documents that each partition is made from, each with the fingerprint in `dates` of its review's year."""
        told: defaultdict[str, list[object]] = defaultdict(list)
        for document in self._of_kind(table).iter_rows(named=True):
            read = [document[column] for column in ("document_id", "sidecar_sha256", "parser_version")]
            dated = [dates.get(_key(year_of(document["review"])))] if dates else []
            for key in _keys(table, document):
                told[key].append(read + dated)
        return told

    def _states(self) -> Mapping[str, list[object]]:
        """The states of membership by the year in which they begin."""
        told: dict[str, list[object]] = defaultdict(list)
        columns = (
            "valid_from",
            "index_code",
            "valid_to",
            "known_from",
            "known_to",
            "basis",
            "published_on",
            "members_sha256",
        )
        for state in self._lake.read("membership_states").select(columns).iter_rows():
            told[_key(in_reach(state[0].year))].append(state)
        return told

    def _of_kind(self, table: str) -> pl.DataFrame:
        documents = self._documents.filter(kind=_KIND[table])
        if _KIND[table] == "review_schedule":
            return documents.sort("published_on", "review_year", "document_id", nulls_last=False)
        return documents.sort("document_id")


def _keys(table: str, document: dict[str, Any]) -> set[str]:
    """The partitions that a document belongs to; a schedule belongs to those of all reviews that it dates."""
    if table == "calendar":
        reviews = {fact["value"] for fact in document["facts"] if fact["name"] == STATES_DATES_OF}
        return {_key(year_of(None if review == NO_REVIEW else review)) for review in reviews}
    column = TABLES[table].partition_by
    if column is None:
        return {WHOLE}
    return {_key(in_reach(document[column]) if column == "review_year" else document[column])}


def _key(value: object) -> str:
    return UNDATED if value is None else str(value)


def _exchange_calendars() -> str:
    return version("exchange-calendars")
