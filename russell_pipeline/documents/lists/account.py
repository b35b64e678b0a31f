"""Lists: gives every line of their pages a role and every row its cells, and finds the taxonomy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.lists.cell_lines import join_cells
from russell_pipeline.documents.lists.checks import (
    ignored_columns,
    isolated_rows,
    names_without_spaces,
    uncertain_order,
    undecoded_names,
)
from russell_pipeline.documents.lists.column_heads import has_heads, headers_of, headers_of_pages
from russell_pipeline.documents.lists.columns import Columns
from russell_pipeline.documents.lists.constants import FEW_HEADS, FEW_ROWS, MOST_OVER
from russell_pipeline.documents.lists.corridors import (
    Shown,
    as_written,
    in_corridors,
    on_page,
    shown_by,
    symbols_start_alike,
)
from russell_pipeline.documents.lists.page_account import PageAccount, account_page, running_lines, unrecognised_line
from russell_pipeline.documents.lists.rows import count_rows, list_rows, row_lines
from russell_pipeline.documents.model import Line, Note, Page, Role
from russell_pipeline.wording import counted

# Characters that end a name only as the mark of a note.
_MARKS = frozenset("*†‡§¹²³⁰⁴⁵⁶⁷⁸⁹")
_MARK = re.compile(r"(?<=\S)\s*[*†‡§¹²³⁰⁴-⁹]+$")

# Yields other readings of a page, given its number and the column starts; the likeliest first.
Rereadings = Callable[[int, Sequence[float]], Iterable[Page]]


def has_header(pages: Sequence[Page]) -> bool:
    """Whether any page has the column heads of a membership list."""
    return any(has_heads(page.lines) for page in pages) or join_cells(pages) is not None


def account_list(pages: list[Page], rereadings: Rereadings | None = None) -> tuple[str | None, list[Note]]:
    """Give every line of a list a role and every row its cells; return its taxonomy (None without classifications) and notes.

    A page with rejected lines is divided in other ways and, if `rereadings` is given (for a PDF), read again. The account with
    the fewest rejected lines counts; if it is of another reading, that reading replaces the page in `pages`. Each line that is
    still rejected gets an error note with the reason.
    """
    cells = join_cells(pages)
    if cells is None:
        return _account(pages, rereadings)
    taxonomy, notes = _account(cells.pages, None)
    for line in cells.rows:
        if line.role not in (Role.ROW, Role.REJECTED):
            line.role, line.cells = Role.REJECTED, None
            notes.append(unrecognised_line(line, "it reads as a row, but does not stand as the others do"))
    cells.copy_to_originals()
    if cells.doubtful:
        message = "rows stand side by side, and nothing shows where a column ends: they may be in another order"
        notes.append(Note("warning", message, cells.doubtful.page, cells.doubtful.number))
    return taxonomy, notes


def _account(pages: list[Page], rereadings: Rereadings | None) -> tuple[str | None, list[Note]]:
    headers, strange = headers_of_pages([page.lines for page in pages])
    if rereadings is None:
        headers = _as_written(pages, headers)
    columns = _columns_by_page(headers)
    above = [page.lines[: min(heads, default=len(page.lines))] for page, heads in zip(pages, headers, strict=True)]
    if rereadings is None:
        columns = [held and on_page(held, lines) for held, lines in zip(columns, above, strict=True)]
    clipped = rereadings is None and _is_clipped(headers, columns, above)
    running = running_lines(pages)
    accounts: list[PageAccount] = []
    for at, (page, held, heads) in enumerate(zip(pages, columns, headers, strict=True)):
        legal = bool(accounts) and accounts[-1].ends_in_legal
        begun = clipped or any(headers[:at])
        accounts.append(account_page(page, held, legal, headers=heads, running=running, begun=begun))

    def again(page: Page, divided: Columns | None, legal: bool = False, imposed: bool = False) -> PageAccount:
        heads = headers_of(page.lines, strange)
        return account_page(page, divided, legal, headers=heads, running=running, imposed=imposed)

    doubts: list[Note] = []
    if rereadings:
        _try_other_ways(pages, accounts, rereadings, again)
        doubts += _short_pages(pages, accounts, columns, rereadings, again)
    notes = [note for page, account in zip(pages, accounts, strict=True) for note in account.apply(page)]
    lines = [line for page in pages for line in page.lines]
    _drop_running_numbers(lines)
    marks = list(_drop_marks(lines, marked=any(page.marked for page in pages)))
    taxonomy, misfits = _taxonomy(lines)
    if rereadings is None:
        doubts += [
            *_feet_among_rows(lines),
            *isolated_rows(pages),
            *uncertain_order(lines),
            *names_without_spaces(lines),
        ]
    if clipped:
        doubts.append(Note("warning", "begins within its table: rows above its first line may be missing", 1, 1))
    others = [*_rows_perhaps(pages), *undecoded_names(lines), *ignored_columns(pages, headers)]
    return taxonomy, notes + misfits + doubts + marks + others


def _as_written(pages: Sequence[Page], headers: list[dict[int, Columns]]) -> list[dict[int, Columns]]:
    """The headers of a text, with their columns parted as the lines below show."""
    below: dict[Columns, list[Line]] = defaultdict(list)
    for page, heads, held in zip(pages, headers, _columns_by_page(headers), strict=True):
        above = [*heads, len(page.lines)]
        for columns, first, end in zip([held, *heads.values()], [-1, *heads], above, strict=True):
            if columns:
                below[columns] += page.lines[first + 1 : end]
    found = {columns: as_written(columns, lines) for columns, lines in below.items()}
    return [{at: found[columns] for at, columns in heads.items()} for heads in headers]


def _columns_by_page(headers: Sequence[dict[int, Columns]]) -> list[Columns | None]:
    """The columns that hold at the top of each page: those of the last header before it, else of the first of the list."""
    flat = [list(found.values()) for found in headers]
    first = next((found[0] for found in flat if found), None)
    return [next((found[-1] for found in reversed(flat[:at]) if found), first) for at in range(len(flat))]


def _is_clipped(
    headers: Sequence[dict[int, Columns]], columns: Sequence[Columns | None], above: Sequence[Sequence[Line]]
) -> bool:
    """Whether a text begins within its table: with rows, several of them, above heads that are the same throughout."""
    fields = [found.fields for heads in headers for found in heads.values()]
    first = next((at for at, heads in enumerate(headers) if heads), 0)
    lines = [
        (line, held) for held, lines in zip(columns, above[: first + 1], strict=False) for line in lines if line.words
    ]
    rows = [held is not None and isinstance(held.place(line), list) for line, held in lines]
    return len(fields) >= FEW_HEADS and len(set(fields)) == 1 and rows[:1] == [True] and sum(rows) >= FEW_ROWS


def _feet_among_rows(lines: Sequence[Line]) -> Iterator[Note]:
    """Reject rows with a footer on the end that does not end a page: a row follows, and no other row has the same."""
    printed = [line for line in lines if line.role is not Role.BLANK]
    feet = [re.sub(r"\d+", "#", line.foot) for line in printed]
    for (line, following), foot in zip(pairwise(printed), feet, strict=False):
        if line.foot and following.role is Role.ROW and (following.foot or feet.count(foot) == 1):
            line.role, line.cells = Role.REJECTED, None
            yield unrecognised_line(line, f"{line.foot!r} is on the end of a row that does not end a page")


def _try_other_ways(
    pages: list[Page], accounts: list[PageAccount], rereadings: Rereadings, again: Callable[..., PageAccount]
) -> None:
    """Account pages of a PDF with rejected lines again, in other ways; replace `pages` and `accounts` where better.

    `again` accounts a page.
    """
    if not any(account.rejected for account in accounts):
        return
    rows: dict[Columns, list[Line]] = defaultdict(list)
    for page, account in zip(pages, accounts, strict=True):
        if account.columns:
            rows[account.columns] += account.columns.rows_among(page.lines)
    shown = {columns: shown_by(columns, of) for columns, of in rows.items()}
    for at, page in enumerate(pages):
        columns = accounts[at].columns
        if columns is None or not accounts[at].rejected:
            continue
        legal = at > 0 and accounts[at - 1].ends_in_legal
        for other, divided in _ways(page, accounts[at], columns, shown[columns], rereadings):
            account = again(other, divided, legal, imposed=True)
            fewer = (account.rejected, -account.rows) < (accounts[at].rejected, -accounts[at].rows)
            if fewer and account.roles.count(Role.HEADER) == accounts[at].roles.count(Role.HEADER):
                pages[at], accounts[at] = other, account
            if not accounts[at].rejected:
                break


def _ways(
    page: Page, account: PageAccount, columns: Columns, shown: Shown, rereadings: Rereadings
) -> Iterator[tuple[Page, Columns]]:
    """Other ways to divide a page of a PDF, the likeliest first, each with the reading of the page that it divides.

    Where most symbols start alike, a cell may be wrapped, or run into the next: then words are broken at the columns. Else the
    columns are in the corridors of the list, or in those of the page.
    """
    rows = columns.rows_among(page.lines)
    if symbols_start_alike(shown.starts, rows):
        yield page, shown.starts
        for other in rereadings(page.number, shown.starts.starts):
            yield _mended(page, account, other), replace(shown.starts, run_over=True)
    for way in (shown.corridors, in_corridors(columns, rows, shown.ruler)):
        if way:
            yield page, way


def _short_pages(
    pages: list[Page],
    accounts: list[PageAccount],
    columns: Sequence[Columns | None],
    rereadings: Rereadings,
    again: Callable[..., PageAccount],
) -> Iterator[Note]:
    """A note for each page with fewer lines of rows than the fullest page has, if no other reading finds as many.

    Rows that a damaged page no longer draws leave no other trace. The first and last pages with rows are not checked: the first
    also has the title, the last only the rest. A reading with more rows and no rejected lines replaces the page.
    """
    with_rows = [at for at, account in enumerate(accounts) if account.rows]
    usual = max((account.rows for account in accounts), default=0)
    for at in range(with_rows[0] + 1, with_rows[-1]) if with_rows else ():
        if accounts[at].rows == usual:
            continue
        for other in rereadings(pages[at].number, ()) if pages[at].engine == "pdfium" else ():
            account = again(other, columns[at])
            if not account.rejected and account.rows > accounts[at].rows:
                pages[at], accounts[at] = other, account
        if accounts[at].rows < usual:
            counts = (
                f"page {pages[at].number} has {counted(accounts[at].rows, 'line')} of rows where another has {usual}"
            )
            yield Note("warning", f"{counts}: rows may be missing from a damaged page", pages[at].number)


def _rows_perhaps(pages: Iterable[Page]) -> Iterator[Note]:
    """Reject what is printed over a page if it is too much for a watermark, as a table at an angle to the rest would be."""
    for page in pages:
        if sum(len(text.split()) for text in {line.text for line in page.over}) > MOST_OVER:
            for line in page.over:
                line.role = Role.REJECTED
                yield unrecognised_line(
                    line, "it is at an angle to the page or over other words, and no watermark has so many words"
                )


def _mended(page: Page, account: PageAccount, other: Page) -> Page:
    """The page with its rejected lines taken from another reading; all of the other reading if its baselines differ."""
    if [line.y for line in page.lines] != [line.y for line in other.lines]:
        return other
    lines = [
        new if role is Role.REJECTED else old
        for old, new, role in zip(page.lines, other.lines, account.roles, strict=True)
    ]
    return replace(page, lines=lines, engine=other.engine)


def _drop_running_numbers(lines: Sequence[Line]) -> None:
    """Remove row numbers from before the names, if every row has one and each is one more than the one before."""
    firsts = (row.company_name.partition(" ") for row in list_rows(lines))  # most lists have none before the first name
    numbers = (
        int(number) if name and number.isdecimal() else None
        for first, _, name in firsts
        for number in [first.rstrip(".)")]
    )
    successive = all(a is not None and b == a + 1 for a, b in pairwise(numbers))
    if not successive or count_rows(lines) < FEW_ROWS:
        return
    for _, line, fields in row_lines(lines):
        cells = line.cells or []
        for at in range(fields.index("company"), len(cells), len(fields)):
            cells[at] = (cells[at] or "").partition(" ")[2].lstrip() or None


def _drop_marks(lines: Sequence[Line], *, marked: bool) -> Iterator[Note]:
    """Remove the marks of notes from the ends of names; yields a note for each mark left out, at the first line that has it.

    If the pages are `marked`, raised marks are noted too; no cell has them.
    """
    met: dict[str, list[Line]] = defaultdict(list)
    for _, line, fields in row_lines(lines):
        for mark in (word.raised for word in line.words if word.raised) if marked else ():
            met[mark].append(line)
        cells = line.cells or []
        for at in range(fields.index("company"), len(cells), len(fields)):
            name = cells[at] or ""
            if name[-1:] in _MARKS and (found := _MARK.search(name)):
                cells[at] = name[: found.start()]
                met[found.group().strip()].append(line)
    for mark, of in met.items():
        first, rows = of[0], counted(len(of), "line of rows", "lines of rows")
        message = f"{mark!r} is taken for the mark of a note on {rows}, as on {first.text.strip()[:120]!r}: left out"
        yield Note("warning", message, first.page, first.number)


def _taxonomy(lines: Sequence[Line]) -> tuple[str | None, list[Note]]:
    """The taxonomy that fits most rows, None if there are no classifications, and notes.

    If several fit as many, the one that the header names is taken. Lines with a classification outside the taxonomy are
    rejected, each with an error note; a warning says so if the header names another taxonomy.
    """
    by_class: dict[str, list[Line]] = {}
    for _, line, fields in row_lines(lines):
        if line.cells and "classification" in fields:
            for classification in line.cells[fields.index("classification") :: len(fields)]:
                if classification:
                    by_class.setdefault(classification, []).append(line)
    if not by_class:
        return None, []
    heads = {word.text.lower() for line in lines if line.role is Role.HEADER for word in line.words}
    headed = {vocabulary.taxonomy_of_header(head) for head in heads}
    fits = {
        name: (sum(len(by_class[c]) for c in by_class if c in classes), name in headed)
        for name, classes in vocabulary.taxonomies().items()
    }
    taxonomy = max(fits, key=lambda name: fits[name])
    notes: list[Note] = []
    for classification, classed in by_class.items():
        if classification not in vocabulary.taxonomies()[taxonomy]:
            for line in classed:
                line.role, line.cells = Role.REJECTED, None
                notes.append(unrecognised_line(line, f"{classification!r} is not of {taxonomy}"))
    if not fits[taxonomy][1] and any(headed):
        head = ", ".join(sorted(name for name in headed if name))
        notes.append(Note("warning", f"the header speaks of {head}, but the classifications are of {taxonomy}"))
    return taxonomy, notes
