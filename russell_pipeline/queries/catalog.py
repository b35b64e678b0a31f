"""SQL questions to the catalog, and asking them. Imports nothing heavy but DuckDB, so that a query starts at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from russell_pipeline.errors import DamagedCatalog, NoCatalog
from russell_pipeline.lake.checksums import forget, is_as_noted

if TYPE_CHECKING:
    import polars as pl


_MEMORY = "50%"


class Question(NamedTuple):
    """A statement in SQL and its parameters."""

    sql: str
    parameters: Sequence[object] = ()


class Answer(NamedTuple):
    """Column names, rows, and the SQL types of the columns where they are known."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    types: Sequence[str] = ()

    def column(self, name: str) -> list[Any]:
        """The values of a column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def select(self, names: Sequence[str]) -> Answer:
        """The rows with these columns alone, in this order."""
        at = [self.columns.index(name) for name in names]
        return Answer([*names], [tuple(row[place] for place in at) for row in self.rows])


def catalog_of(root: Path, address: str | None) -> Path:
    """The catalog of a lake as it is published now; for a lake at an address it is fetched first.

    Raises NoCatalog if a lake at an address has none yet, and StoreError if its store fails.
    """
    if address is None:
        return root / "russell.duckdb"
    from russell_pipeline.lake.mirror import published_catalog

    catalog = published_catalog(root, address)
    if catalog is None:
        raise NoCatalog(_no_catalog(address))
    return catalog


def _no_catalog(lake: object) -> str:
    return f"there is no catalog in {lake} yet: `russell run` makes it; another lake is named by --lake or RUSSELL_DATA_LAKE"


def connect(catalog: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a lake's catalog that can neither write, nor attach, nor read other files.

    It takes at most half of the machine's memory and keeps nothing on disk. Raises NoCatalog if the lake has none yet, or if a
    log of changes lies beside it: a catalog is published whole and has none, and DuckDB would apply it.
    """
    if not catalog.exists():
        raise NoCatalog(_no_catalog(catalog.parent))
    log = catalog.with_name(f"{catalog.name}.wal")
    if os.path.lexists(log):
        raise NoCatalog(
            f"{log} is not of this project, and DuckDB would change what the catalog says by it: `russell run` removes it"
        )
    with naming_damage(catalog):
        connection = duckdb.connect(
            str(catalog),
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "temp_directory": "",
                "memory_limit": _MEMORY,
            },
        )
    settings = "SELECT current_setting('lock_configuration'), current_setting('enable_progress_bar')"
    ((locked, has_progress_bar),) = connection.execute(settings).fetchall()
    if not locked:
        # Paths of the database itself are open to it whatever `enable_external_access` says, until it has no file system.
        connection.execute("SET disabled_filesystems = 'LocalFileSystem'")
        if has_progress_bar:  # it would be among the rows; where Jupyter lacks ipywidgets it is off and cannot be set
            connection.execute("SET enable_progress_bar = false")
        connection.execute("SET lock_configuration = true")
    return connection


@contextmanager
def naming_damage(catalog: Path) -> Iterator[None]:
    """Raise DamagedCatalog in place of what the database says of a catalog that is not what its checksum says."""
    try:
        yield
    except duckdb.Error:
        forget()
        if is_as_noted(catalog) is False:
            raise DamagedCatalog(f"{catalog} is damaged: `russell run` makes it again from the tables") from None
        raise


def ask(catalog: Path, sql: str, parameters: Sequence[object] = ()) -> Answer:
    """The answer of the catalog to one SQL statement."""
    with connect(catalog) as connection, naming_damage(catalog):
        cursor = connection.execute(sql, parameters)
        columns = cursor.description or ()
        return Answer([column[0] for column in columns], cursor.fetchall(), [str(column[1]) for column in columns])


def changes(index: str, review: str | None = None) -> Question:
    """Additions and deletions of an index, by review and list status, in document order."""
    return Question(
        """
        SELECT c.review, c.change, c.status, c.symbol, c.company_name, c.class_marker, c.taxonomy, c.classification, c.known_on,
               c.effective_on, d.file_name AS document, c.page, c.line, c.reading
        FROM membership_changes c JOIN documents d USING (document_id)
        WHERE c.index_code IN ($1, upper($1)) AND ($2 IS NULL OR c.review = $2)
        ORDER BY c.review, c.change, array_position(['preliminary', 'updated', 'final'], c.status), c.document_id, c.ordinal
        """,
        [index, review],
    )


_HELD_THEN = """
    s.index_code IN ($1, upper($1)) AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
    AND CASE WHEN $3 IS NULL THEN s.known_to IS NULL ELSE s.known_from <= $3 AND (s.known_to IS NULL OR s.known_to > $3) END
"""


# What an answer on membership rests on, of one basis only. Of lists and files of components ($4: either, list, or holdings) it
# is the one that begins last, a list on the same day. A file counts from the day in its name, or the effective day of its
# review; what a fund held at a close is known on the next session. A simulated file never takes the place of a list.
_RESTS_ON = f"""
    WITH listed AS (
        SELECT s.*, d.file_name, len(change_document_ids) AS change_documents
        FROM membership_states s JOIN documents d USING (document_id) WHERE {_HELD_THEN} AND $4 IS DISTINCT FROM 'holdings'
    ), effective AS (
        SELECT review, min(starts_on) AS day FROM calendar WHERE event = 'effective' AND preferred GROUP BY review
    ), files AS (
        SELECT c.index_code, c.effective_review, coalesce(e.day, TRY_CAST(c.effective_review AS DATE)) AS day,
               any_value(c.file) AS file, bool_or(c.simulated) AS simulated, count(*) AS members
        FROM components c LEFT JOIN effective e ON e.review = c.effective_review
        WHERE c.index_code IN ($1, upper($1)) AND $4 IS DISTINCT FROM 'list' GROUP BY 1, 2, 3
    ), held AS (
        SELECT f.*, if(length(f.effective_review) = 10, coalesce(n.next_session, f.day + 1), f.day) AS known_from
        FROM files f LEFT JOIN sessions n ON n.date = f.day
        WHERE f.day <= $2
        AND ($3 IS NULL OR $3 >= if(length(f.effective_review) = 10, coalesce(n.next_session, f.day + 1), f.day))
        AND f.day > ALL (SELECT valid_from FROM listed)
        AND (NOT f.simulated OR $4 = 'holdings' OR NOT EXISTS (FROM listed))
        ORDER BY f.day DESC, f.effective_review DESC LIMIT 1
    )
"""


def members(index: str, on: date, known_on: date | None = None, basis: str | None = None) -> Question:
    """Who was in an index on a day, as known now or as known on `known_on`, with the document, page and line.

    `basis` is list or holdings; without it, the one of the two that is dated last. `known_from` is the day from which these
    members were known, `end_known_from` that from which the end of their list is.
    """
    return Question(
        f"""
        {_RESTS_ON}, meant AS (
            -- Documents do not mean the company that has the same symbol in a simulated market.
            SELECT c.symbol, arg_max(y.security_id, contains(y.symbol_key, '.')) AS security_id
            FROM components c
            JOIN held h ON c.index_code = h.index_code AND c.effective_review = h.effective_review AND NOT h.simulated
            JOIN symbols y ON y.symbol_key IN (regexp_replace(c.symbol, '[./ -]', '', 'g'),
                                               regexp_replace(c.symbol, '[./ -]', '.', 'g'))
                          AND y.valid_from <= h.day AND (y.valid_to IS NULL OR y.valid_to > h.day)
            GROUP BY 1
        )
        SELECT c.symbol, c.company_name, c.class_marker, c.security_id, c.valid_from, c.valid_to, s.published_on AS known_from,
               if(s.valid_to IS NULL, NULL, s.known_from) AS end_known_from, c.known_to, c.basis, d.file_name AS document, c.page,
               c.line, c.reading
        FROM constituents c JOIN listed s USING (index_code, known_from) JOIN documents d ON d.document_id = c.document_id
        WHERE c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2) AND NOT EXISTS (FROM held)
        UNION ALL
        SELECT c.symbol, coalesce(c.company_name, n.company_name), NULL,
               coalesce(y.security_id, regexp_replace(c.symbol, '[./ -]', '', 'g')), h.day, NULL, h.known_from, NULL, NULL,
               'holdings', 'components/' || c.file, NULL, c.row, NULL
        FROM components c JOIN held h USING (index_code, effective_review) LEFT JOIN meant y USING (symbol)
        LEFT JOIN securities n USING (security_id)
        ORDER BY 1, 4
        """,
        [index, on, known_on, basis],
    )


def membership_state(index: str, on: date, known_on: date | None = None, basis: str | None = None) -> Question:
    """What the membership of an index rests on for a day: its state, or its file of holdings; no row if there is neither."""
    return Question(
        f"""
        {_RESTS_ON}
        SELECT coalesce(s.index_code, h.index_code) AS index_code,
               if(h.effective_review IS NULL, s.basis, 'holdings') AS basis,
               if(h.effective_review IS NULL, s.members, h.members) AS members, s.valid_from, s.valid_to, s.published_on,
               if(s.valid_to IS NULL, NULL, s.known_from) AS end_known_from, s.behind_from, s.file_name AS document,
               s.change_documents, s.minuend_on, s.subtrahend_on, h.effective_review, h.day AS held_on,
               h.known_from AS held_known_from, 'components/' || h.file AS held_file, h.simulated
        FROM listed s FULL JOIN held h ON true
        """,
        [index, on, known_on, basis],
    )


def without_membership(index: str) -> Question:
    """For an index without members on a day: when its membership begins and was first known, and how many changes it has."""
    return Question(
        """
        SELECT (SELECT min(valid_from) FROM membership_states WHERE index_code IN ($1, upper($1))) AS first_day,
               (SELECT min(known_from) FROM membership_states WHERE index_code IN ($1, upper($1))) AS first_known,
               count(*) FILTER (change = 'addition') AS additions, count(*) FILTER (change = 'deletion') AS deletions
        FROM membership_changes WHERE index_code IN ($1, upper($1))
        """,
        [index],
    )


def renames(*, undecided: bool = False) -> Question:
    """The rename candidates; the first columns are those of an overrides file that decides them."""
    return Question(
        """
        SELECT 'rename' AS subject, r.key, r.decision, r.reason, r.old_symbol, r.new_symbol, r.old_company_name,
               r.new_company_name, r.likeness, array_to_string(r.evidence, ', ') AS evidence, r.old_list, r.new_list, r.taken_as,
               r.old_security_id, r.new_security_id, o.file_name AS old_document, r.old_page, r.old_line,
               d.file_name AS document, r.page, r.line
        FROM rename_candidates r JOIN documents d USING (document_id)
        JOIN documents o ON o.document_id = r.old_document_id
        WHERE r.decision IS NULL OR NOT $1 ORDER BY r.new_list, r.key
        """,
        [undecided],
    )


def weights(index: str, review: str) -> Question:
    """The weights of a review of an index with every intermediate column, heaviest first."""
    return Question(
        """
        SELECT symbol, security_id, weight, rank, weighting_factor, final_cap, long_cap, short_cap, scale_factor, close, fx,
               shares, free_float, long_share, short_share, close_as_traded, price_on, currency, cutoff_on, implemented_on,
               effective_on, simulated
        FROM weights WHERE index_code IN ($1, upper($1)) AND review = $2 ORDER BY weight DESC, symbol
        """,
        [index, review],
    )


def levels(index: str, first: date | None = None, last: date | None = None) -> Question:
    """The daily levels of an index from a day to a day, both included."""
    return Question(
        """
        SELECT date, price_index_8dp, total_return_index_8dp, price_index, total_return_index, divisor, market_value,
               dividend_points, names, names_at_last_price, simulated
        FROM index_levels
        WHERE index_code IN ($1, upper($1)) AND ($2 IS NULL OR date >= $2) AND ($3 IS NULL OR date <= $3) ORDER BY date
        """,
        [index, first, last],
    )


def levels_as_published(index: str, first: date | None = None, last: date | None = None) -> Question:
    """The levels as they were first published; `superseded_on` is null for those that still hold."""
    return Question(
        """
        WITH first_said AS (
            SELECT DISTINCT ON (date) date, price_index_8dp, total_return_index_8dp, price_index, total_return_index, divisor,
                   superseded_on, reason
            FROM index_restatements WHERE index_code IN ($1, upper($1)) ORDER BY date, superseded_on
        )
        SELECT date, coalesce(f.price_index_8dp, l.price_index_8dp) AS price_index_8dp,
               coalesce(f.total_return_index_8dp, l.total_return_index_8dp) AS total_return_index_8dp,
               coalesce(f.price_index, l.price_index) AS price_index,
               coalesce(f.total_return_index, l.total_return_index) AS total_return_index,
               coalesce(f.divisor, l.divisor) AS divisor, f.superseded_on, f.reason
        FROM (FROM index_levels WHERE index_code IN ($1, upper($1))) l FULL JOIN first_said f USING (date)
        WHERE ($2 IS NULL OR date >= $2) AND ($3 IS NULL OR date <= $3) ORDER BY date
        """,
        [index, first, last],
    )


def corrections(index: str, first: date | None = None, last: date | None = None) -> Question:
    """Each session whose published level was restated or withdrawn, or stays although its inputs were corrected."""
    return Question(
        """
        WITH corrected AS (
            SELECT date, if(basis_points IS NULL, 'withdrawn', 'restated') AS what, price_index_8dp AS published, basis_points,
                   total_return_basis_points, superseded_on AS decided_on, reason
            FROM index_restatements WHERE index_code IN ($1, upper($1))
            UNION ALL
            SELECT date, 'kept', price_index_8dp, basis_points, total_return_basis_points, kept_on, reason
            FROM uncorrected_levels WHERE index_code IN ($1, upper($1))
        )
        FROM corrected WHERE ($2 IS NULL OR date >= $2) AND ($3 IS NULL OR date <= $3) ORDER BY date, decided_on, what
        """,
        [index, first, last],
    )


class IndexRun(NamedTuple):
    """What became of an index: its last session and its reviews (many as a range), or why it was refused or waits."""

    index_code: str
    last_session: date | None
    reason: str | None
    reviews: str | None
    simulated: bool


def index_runs(catalog: Path) -> list[IndexRun]:
    """What became of every index, in the order of their codes."""
    found = ask(
        catalog,
        """
        WITH runs AS (SELECT *, coalesce(year, 0) AS of_year FROM index_runs),
             reviewed AS (SELECT DISTINCT index_code, review, implemented_on FROM weights),
             listed AS (
                 SELECT index_code, list(review ORDER BY implemented_on, review) AS reviews FROM reviewed GROUP BY 1
             ),
             weighed AS (
                 SELECT index_code, CASE WHEN len(reviews) > 6
                     THEN format('{} to {}, {} in all', reviews[1], reviews[-1], len(reviews))
                     ELSE array_to_string(reviews, ', ') END AS reviews
                 FROM listed
             )
        SELECT index_code, max(last_session) AS last_session,
               arg_min(reason, of_year) AS reason, any_value(reviews) AS reviews,
               bool_or(index_code IN (SELECT index_code FROM index_levels WHERE simulated)) AS simulated
        FROM runs LEFT JOIN weighed USING (index_code) GROUP BY index_code ORDER BY index_code
        """,
    )
    return [IndexRun(*row) for row in found.rows]


class Meant(NamedTuple):
    """The securities that a text means; if none, names to choose from: those that it begins (`begins`), or those like it."""

    security_ids: list[str]
    names: list[str]
    begins: bool = False


_PLAIN = "trim(regexp_replace(upper({}), '[^A-Z0-9]+', ' ', 'g'))"
_LIKE = 0.88  # Jaro-Winkler similarity of a name that is worth a suggestion
_SUGGESTIONS = 5


def meant(catalog: Path, text: str) -> Meant:
    """The securities that a symbol in any spelling, an id, an identifier or a company name means, by the first that there is.

    Of an ISIN of the United States or Canada the CUSIP in it counts too, and the other way round. A name is compared without
    punctuation; without one equal to it, it may be the beginning of the names of one security.
    """
    every = "SELECT security_id, unnest(names) AS name FROM securities"
    named = f"SELECT security_id, name, {_PLAIN.format('name')} AS plain FROM ({every})"
    steps = {
        "symbol": "SELECT DISTINCT security_id, symbol FROM symbols WHERE replace(symbol_key, '.', '') = "
        "regexp_replace(upper($1), '[./ -]', '', 'g')",
        "id": "SELECT security_id, security_id FROM securities WHERE security_id = upper(trim($1))",
        "identifier": """
            SELECT DISTINCT security_id, value FROM security_identifiers, (SELECT upper(trim($1)) AS asked) WHERE value = asked
            OR kind = 'cusip' AND regexp_matches(asked, '^(US|CA).{10}$') AND value = substr(asked, 3, 9)
            OR kind = 'isin' AND length(asked) = 9 AND regexp_matches(value, '^(US|CA)') AND substr(value, 3, 9) = asked
            """,
        "name": f"SELECT DISTINCT security_id, name FROM ({named}) WHERE plain = {_PLAIN.format('$1')} AND plain <> ''",
        "beginning": f"SELECT DISTINCT ON (security_id) security_id, name FROM ({named}) WHERE starts_with(plain, "
        f"{_PLAIN.format('$1')}) AND {_PLAIN.format('$1')} <> '' ORDER BY security_id, name",
    }
    for by, sql in steps.items():
        rows = ask(catalog, sql, [text]).rows
        found = sorted({row[0] for row in rows})
        if by == "beginning" and len(found) > 1:
            return Meant([], sorted(f"{name} ({security_id})" for security_id, name in rows), begins=True)
        if found:
            return Meant(found, [])
    near = ask(
        catalog,
        f"""
        SELECT name FROM (SELECT name, max(jaro_winkler_similarity(plain, {_PLAIN.format("$1")})) AS likeness FROM ({named})
        GROUP BY 1) WHERE likeness >= {_LIKE} ORDER BY likeness DESC, name LIMIT {_SUGGESTIONS}
        """,
        [text],
    )
    return Meant([], [row[0] for row in near.rows])


def trace(symbol: str, security_ids: Sequence[str] | None = None) -> Question:
    """Every fact about the securities that ever had a symbol, or about these, down to file, page, line and the printed text.

    The symbol may be spelled in any way (BRK.B, BRKB, BRK-B), and facts under other symbols of these securities are included.
    Facts from documents without a known index or review have no security; they are found by the symbol alone. Rows of component
    files that are not simulated (`holding`), and identifiers, are facts too, with file and row for document and line.
    """
    return Question(
        """
        WITH asked AS (
            SELECT regexp_replace(upper($1), '[./ -]', '', 'g') AS key
        ), meant AS (
            SELECT security_id FROM symbols JOIN asked ON replace(symbol_key, '.', '') = key WHERE $2 IS NULL
            UNION SELECT unnest($2::VARCHAR[])
        ), facts AS (
            SELECT CAST(as_of AS VARCHAR) AS said_of, symbol, index_code, 'member' AS fact, NULL AS status, company_name,
                   class_marker, NULL AS classification, document_id, page, line, ordinal, review_year, reading
            FROM membership_lists
            UNION ALL
            SELECT review, symbol, index_code, change, status, company_name, class_marker, classification, document_id, page,
                   line, ordinal, review_year, reading
            FROM membership_changes
        ), published AS (
            SELECT coalesce(f.said_of, d.review, CAST(f.review_year AS VARCHAR)) AS said_of, f.symbol, f.index_code,
                   f.fact, f.status, f.company_name, f.class_marker, f.classification, d.file_name AS document, f.page, f.line,
                   trim(l.text) AS printed, r.security_id, f.reading, l.decided_by, l.decided_because, f.document_id,
                   f.review_year
            FROM facts f JOIN documents d USING (document_id) LEFT JOIN security_rows r USING (document_id, ordinal)
            LEFT JOIN document_lines l ON l.document_id = f.document_id AND l.page = f.page AND l.line = f.line
            WHERE r.security_id IN (FROM meant)
               OR r.security_id IS NULL AND regexp_replace(upper(f.symbol), '[./ -]', '', 'g') IN (FROM asked)
        ), mine AS (
            SELECT *, replace(symbol_key, '.', '') AS key FROM symbols WHERE security_id IN (FROM meant)
        ), held AS (
            -- Files have the symbols of the effective day, or those of the day before if one of them is given up on it.
            SELECT c.*, regexp_replace(upper(c.symbol), '[./ -]', '', 'g') AS key,
                   regexp_replace(upper(c.symbol), '[./ -]', '.', 'g') AS dotted, coalesce(s.next_session,
                   TRY_CAST(c.effective_review AS DATE) + 1, last_day(CAST(c.effective_review || '-01' AS DATE))) AS day
            FROM components c LEFT JOIN sessions s ON s.date = TRY_CAST(c.effective_review AS DATE)
            WHERE NOT c.simulated AND regexp_replace(upper(c.symbol), '[./ -]', '', 'g') IN (SELECT key FROM mine)
        ), supplied AS (
            SELECT c.effective_review AS said_of, c.symbol, c.index_code, 'holding' AS fact, NULL AS status, c.company_name,
                   'components/' || c.file AS document, c.row AS line,
                   format('{:g} shares, free float {:g}', c.shares, c.free_float) AS printed, m.security_id, c.year AS review_year
            -- Of spellings that are two securities, each has its own key.
            FROM held c JOIN mine m ON m.symbol_key = if(c.dotted IN (SELECT symbol_key FROM symbols), c.dotted, c.key)
             AND m.valid_from <= c.day AND (m.valid_to IS NULL OR c.day < m.valid_to OR c.day = m.valid_to AND NOT EXISTS (
                 FROM symbols o WHERE replace(o.symbol_key, '.', '') = c.key AND o.valid_from = c.day))
            UNION ALL
            SELECT effective_review, symbol, index_code, 'holding', 'simulated', company_name, 'components/' || file, row,
                   format('{:g} shares, free float {:g}', shares, free_float), NULL, year
            FROM components WHERE simulated AND regexp_replace(upper(symbol), '[./ -]', '', 'g') IN (FROM asked)
            UNION ALL
            SELECT CAST(i.valid_from AS VARCHAR), NULL, NULL, i.kind, NULL, NULL, i.file, i.row, i.value, i.security_id,
                   year(i.valid_from)
            FROM security_identifiers i WHERE i.security_id IN (FROM meant)
        )
        SELECT * EXCLUDE (review_year) FROM (FROM published UNION ALL BY NAME FROM supplied)
        ORDER BY review_year, said_of, index_code, document_id, document, page, line
        """,
        [symbol, None if security_ids is None else list(security_ids)],
    )


def _events() -> list[str]:
    """The events of a review in their order."""
    from russell_pipeline.dates.reviews import EVENTS  # slow to import, and most questions do not need it

    return list(EVENTS)


_WITH_INDEX = (
    "documents",
    "membership_states",
    "membership_changes",
    "components",
    "index_runs",
    "weights",
    "index_levels",
)


def index_codes() -> Question:
    """Every index code that the lake has anything of."""
    tables = " UNION ".join(f"SELECT index_code FROM {table}" for table in _WITH_INDEX)
    return Question(f"SELECT index_code FROM ({tables}) WHERE index_code IS NOT NULL ORDER BY 1")


def calendar(year: int) -> Question:
    """The dates of a year's reviews, published beside computed: one row for each event and rule that dates it.

    Days are ISO dates, spans `A to B`, several joined by commas. Rows are in order of review and of the date to go by. `findings`
    are the kinds of contradictions that involve this date.
    """
    return Question(
        """
        WITH dates AS (
            SELECT *, concat_ws(' to ', starts_on, ends_on) AS days FROM calendar WHERE review_year = $1
        ), ruled AS (
            SELECT review, event, rule, confidence, string_agg(days, ', ' ORDER BY starts_on) AS computed,
                   min(starts_on) AS starts_on
            FROM dates WHERE basis = 'rule' GROUP BY ALL
        ), spoken AS (
            SELECT review, event, document_id, string_agg(days, ', ' ORDER BY starts_on) AS published, min(page) AS page,
                   min(line) AS line, min(starts_on) AS starts_on
            FROM dates WHERE basis = 'published' AND preferred GROUP BY ALL
        )
        SELECT review, event, s.published, r.computed, r.rule, coalesce(r.confidence, 'published') AS confidence,
               d.file_name AS document, s.page, s.line,
               (SELECT string_agg(DISTINCT f.kind, ', ' ORDER BY f.kind) FROM calendar_findings f
                WHERE f.event = coalesce(s.event, r.event)
                  AND (f.review = coalesce(s.review, r.review)
                       OR f.document_id IS NULL AND contains(f.explanation, coalesce(s.review, r.review)))) AS findings
        FROM spoken s FULL JOIN ruled r USING (review, event) LEFT JOIN documents d USING (document_id)
        ORDER BY review, coalesce(s.starts_on, r.starts_on), list_position($2, event), r.rule
        """,
        [year, _events()],
    )


def calendar_findings(year: int | None = None) -> Question:
    """The contradictions in the calendar; with a year, those about its reviews."""
    return Question(
        """
        SELECT f.review, f.event, f.published, f.computed, f.kind, f.explanation, d.file_name AS document, f.page,
               f.line
        FROM calendar_findings f LEFT JOIN documents d USING (document_id)
        WHERE $1 IS NULL OR starts_with(f.review, $1) OR regexp_matches(f.explanation, '\\b' || $1 || '-\\d\\d\\b')
        ORDER BY f.review NULLS FIRST, list_position($2, f.event), document, f.page, f.line, f.kind
        """,
        [None if year is None else f"{year:04}", _events()],
    )


def calendar_rows(catalog: Path, year: int | None = None, from_day: date | None = None) -> list[dict[str, Any]]:
    """The rows of `calendar` to go by, as the package calendar takes them, with the name of their `document`.

    `year` limits them to the reviews of a year, `from_day` to dates that have not ended before that day.
    """
    answer = ask(
        catalog,
        """
        SELECT c.*, d.file_name AS document FROM calendar c LEFT JOIN documents d USING (document_id)
        WHERE c.preferred AND ($1 IS NULL OR c.review_year = $1)
              AND ($2 IS NULL OR coalesce(c.ends_on, c.starts_on) >= $2)
        ORDER BY c.review, list_position($3, c.event), c.starts_on, c.rule
        """,
        [year, from_day, _events()],
    )
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def indexes_with_documents() -> Question:
    """The indexes for which there is an accepted document."""
    return Question(
        "SELECT DISTINCT index_code FROM documents WHERE state = 'accepted' AND index_code IS NOT NULL ORDER BY 1"
    )


def indexes(catalog: Path) -> list[str]:
    """The codes of the indexes for which there is an accepted document."""
    return [row[0] for row in ask(catalog, *indexes_with_documents()).rows]


def frames(catalog: Path, questions: Mapping[str, Question]) -> dict[str, pl.DataFrame]:
    """The answers to several questions by name, as polars frames, all from one state of the catalog."""
    with connect(catalog) as connection:
        return {
            name: connection.sql(question.sql, params=list(question.parameters)).pl()
            for name, question in questions.items()
        }
