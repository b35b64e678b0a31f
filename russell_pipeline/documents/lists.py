"""Reads membership lists, additions and deletions: accounts every line of their pages, finds the taxonomy, yields the rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.account import PageAccount, account_page, running_lines, unplaceable
from russell_pipeline.documents.cell_lines import gather
from russell_pipeline.documents.column_heads import has_heads, headers_of, headers_of_pages
from russell_pipeline.documents.column_starts import aligned_symbols, as_centred, as_observed, as_spaced, in_capitals
from russell_pipeline.documents.columns import WIDE_GAP, Columns
from russell_pipeline.documents.model import UNDECODED, Line, Note, Page, Role
from russell_pipeline.wording import counted

_CLASS_MARKER = re.compile(r"\s*\(([A-Z])\)$")
_SPACES = re.compile(r"\s+")
# Characters that end a name only as the mark of a note.
_MARKS = frozenset("*†‡§¹²³⁰⁴⁵⁶⁷⁸⁹")
_MARK = re.compile(r"(?<=\S)\s*[*†‡§¹²³⁰⁴-⁹]+$")
# Fewer rows are no evidence: the names of two companies may really begin with successive numbers.
_FEW_ROWS = 3
# Few words of names have more characters.
_LONGEST_WORD = 15
# The share that counts as most: of symbols that start at one place, of rows next to other rows, of long names without spaces.
_MOST = 0.75

# Yields other readings of a page, given its number and the column starts; the likeliest first.
Rereadings = Callable[[int, Sequence[float]], Iterable[Page]]


class Row(NamedTuple):
    """One row of a list: where it stands, and its cells as printed, with the class marker split from the name."""

    ordinal: int
    page: int
    line: int
    company_name: str
    class_marker: str | None
    symbol: str
    classification: str | None


def has_header(pages: Sequence[Page]) -> bool:
    """Whether any page has the column heads of a membership list."""
    return any(has_heads(page.lines) for page in pages) or gather(pages) is not None


def account_list(pages: list[Page], rereadings: Rereadings | None = None) -> tuple[str | None, list[Note]]:
    """Give every line of a list a role and every row its cells; returns the taxonomy, None without classifications, and notes.

    A page with rejected lines is divided in other ways and, if `rereadings` is given (for a PDF), read again. The account with
    the fewest rejected lines is kept; if it is of another reading, that reading replaces the page in `pages`. Each line that is
    still rejected gets an error note with the reason.
    """
    cells = gather(pages)
    if cells is None:
        return _account(pages, rereadings)
    taxonomy, notes = _account(cells.pages, None)
    for line in cells.rows:
        if line.role not in (Role.ROW, Role.REJECTED):
            line.role, line.cells = Role.REJECTED, None
            notes.append(unplaceable(line, "it reads as a row, but does not stand as the others do"))
    cells.spread()
    if cells.doubtful:
        message = "rows stand side by side, and nothing shows where a column ends: they may be in another order"
        notes.append(Note("warning", message, cells.doubtful.page, cells.doubtful.number))
    return taxonomy, notes


def _account(pages: list[Page], rereadings: Rereadings | None) -> tuple[str | None, list[Note]]:
    headers, strange = headers_of_pages([page.lines for page in pages])
    if rereadings is None:
        headers = _as_written(pages, headers)
    columns = _columns_by_page(headers)
    running = running_lines(pages)
    accounts: list[PageAccount] = []
    for at, (page, held, heads) in enumerate(zip(pages, columns, headers, strict=True)):
        legal = bool(accounts) and accounts[-1].ends_in_legal
        begun = any(headers[:at])
        accounts.append(account_page(page, held, legal, headers=heads, running=running, begun=begun))

    def again(page: Page, divided: Columns | None, legal: bool = False, imposed: bool = False) -> PageAccount:
        at = page.number - 1
        heads = headers_of(page.lines, strange) if rereadings else headers[at]
        begun = any(headers[:at])
        return account_page(page, divided, legal, headers=heads, running=running, imposed=imposed, begun=begun)

    if any(account.rejected for account in accounts):
        _try_other_ways(pages, accounts, columns, rereadings, again)
    doubts = list(_short_pages(pages, accounts, columns, rereadings, again)) if rereadings else []
    notes = [note for page, account in zip(pages, accounts, strict=True) for note in account.settle(page)]
    lines = [line for page in pages for line in page.lines]
    _drop_running_numbers(lines)
    marks = list(_drop_marks(lines, marked=any(page.marked for page in pages)))
    taxonomy, misfits = _taxonomy(lines)
    lone = [*_lone_rows(pages), *_in_doubtful_order(lines), *_glued(lines)] if rereadings is None else []
    return taxonomy, notes + misfits + doubts + lone + marks + [*_undecoded(lines), *_left_out(pages, headers)]


def _as_written(pages: Sequence[Page], headers: list[dict[int, Columns]]) -> list[dict[int, Columns]]:
    """The headers of a text, completed from its lines: whether names are in capitals, and how rows keep cells apart.

    The latter only for a single pair of columns whose heads stand in single spaces.
    """
    lines = [
        line
        for page, heads in zip(pages, headers, strict=True)
        for at, line in enumerate(page.lines)
        if at not in heads
    ]

    def written(columns: Columns) -> Columns:
        single = columns.mode == "anchored" and columns.pairs == 1
        return in_capitals((as_spaced(columns, lines) if single else None) or columns, lines)

    found = {columns: written(columns) for columns in {one for heads in headers for one in heads.values()}}
    return [{at: found[columns] for at, columns in heads.items()} for heads in headers]


def _lone_rows(pages: Iterable[Page]) -> Iterator[Note]:
    """A note for each line in single spaces that was taken for a row but stands apart from the others.

    For example "SEATTLE WA" below the table. No notes if many rows stand apart: then it is how the list is set.
    """
    lone: list[Line] = []
    number = 0
    for page in pages:
        table = [None, *(line if line.role in (Role.ROW, Role.HEADER) else None for line in page.lines), None]
        for above, line, below in zip(table, table[1:], table[2:], strict=False):
            if line and line.role is Role.ROW:
                number += 1
                lone += [line] * (not (above or below or WIDE_GAP.search(line.text.strip()) or "\t" in line.text))
    for line in lone if len(lone) <= (1 - _MOST) * number else ():
        message = f"{line.text.strip()!r} is taken for a row, but stands apart from the others"
        yield Note("warning", message, line.page, line.number)


def _in_doubtful_order(lines: Sequence[Line]) -> Iterator[Note]:
    """A note if a text has rows side by side in one table, and neither names nor symbols go on in order from pair to pair.

    The table may then be several pages with nothing between them. Each pair of columns is read down all of them before the
    next pair, so rows of the second page come before the second pair of the first.
    """
    tables = list(_tables(lines))
    if len(tables) != 1:
        return
    fields, rows = tables[0]
    pairs = max(len(line.cells or ()) for line in rows) // len(fields)
    columns = [[(line.cells or [])[pair * len(fields) :][: len(fields)] for line in rows] for pair in range(pairs)]
    sides = [
        ([cells for cells in one if any(cells)], [cells for cells in other if any(cells)])
        for one, other in pairwise(columns)
    ]
    for at in (fields.index("company"), fields.index("symbol")):
        if all(one and other and (one[-1][at] or "") <= (other[0][at] or "") for one, other in sides):
            return
    message = "rows stand side by side, and nothing shows where a page ends: they may be in another order"
    yield Note("warning", message, rows[0].page, rows[0].number)


def _glued(lines: Sequence[Line]) -> Iterator[Note]:
    """A note if most long names have no spaces: the program that took the text out of a PDF lost them."""
    long = [row for row in list_rows(lines) if len(row.company_name) > _LONGEST_WORD]
    if len(long) >= _FEW_ROWS and sum(" " not in row.company_name for row in long) > _MOST * len(long):
        first = long[0]
        message = f"names have no spaces, as {first.company_name!r}: they are not as printed, take the PDF itself"
        yield Note("warning", message, first.page, first.line)


def _undecoded(lines: Sequence[Line]) -> Iterator[Note]:
    """A note if names hold characters that could not be decoded."""
    plain = (line.text.isascii() and line.text.isprintable() for line in lines)  # told faster than by the pattern
    if not any(UNDECODED.search(line.text) for line, is_plain in zip(lines, plain, strict=True) if not is_plain):
        return
    if rows := [row for row in list_rows(lines) if UNDECODED.search(row.company_name)]:
        first, names = rows[0], counted(len(rows), "name holds", "names hold")
        message = f"{names} characters that cannot be decoded, as {first.company_name!r}: compare with the page"
        yield Note("warning", message, first.page, first.line)


def _left_out(pages: Sequence[Page], headers: Sequence[dict[int, Columns]]) -> Iterator[Note]:
    """A note for each column that is left out because its head is unknown; one note for each head."""
    seen: set[str] = set()
    for page, heads in zip(pages, headers, strict=True):
        for at, columns in heads.items():
            for _, name in columns.skipped:
                if name not in seen:
                    seen.add(name)
                    number = page.lines[at].number
                    yield Note(
                        "warning", f"the column {name!r} is none that is known, and is left out", page.number, number
                    )


def _columns_by_page(headers: Sequence[dict[int, Columns]]) -> list[Columns | None]:
    """The columns that hold at the top of each page: those of its first header, else of the last header before it.

    Pages above the first header of the list have its columns. If the first header on a page of text has other kinds of columns
    than the header before it, the columns of the header before hold: rows of that table may go on above the new header.
    """
    held = next((columns for found in headers for columns in found.values()), None)
    columns: list[Columns | None] = []
    for found in headers:
        own = next(iter(found.values()), held)
        goes_on = own is not None and held is not None and not own.positioned and own.kinds != held.kinds
        columns.append(held if goes_on else own)
        held = next(reversed(found.values()), held)
    return columns


def _try_other_ways(
    pages: list[Page],
    accounts: list[PageAccount],
    columns: Sequence[Columns | None],
    rereadings: Rereadings | None,
    again: Callable[..., PageAccount],
) -> None:
    """Account pages with rejected lines again, in ways that suit the whole list; replaces `pages` and `accounts` where better.

    If most symbols of a PDF start at one place in their column, only cells that run into each other can be wrong, and other
    readings break words at the columns. Otherwise its cells are first told apart from the right, in readings that break words
    where a character steps back: unbroken, a name that touches its symbol would pass for a symbol. `again` accounts a page.
    """
    in_question: dict[Columns, list[Line]] = defaultdict(list)
    for page, account, held in zip(pages, accounts, columns, strict=True):
        if held:
            in_question[held] += account.lines_in_question(page)
    observed = {held: as_observed(held, lines) for held, lines in in_question.items()}
    counts = [aligned_symbols(observed[held], lines) for held, lines in in_question.items()]
    aligned = sum(at_start for _, at_start in counts) > _MOST * sum(begun for begun, _ in counts)
    for at, (page, held) in enumerate(zip(pages, columns, strict=True)):
        legal = at > 0 and accounts[at - 1].ends_in_legal
        if held is None:
            continue
        if rereadings is None:
            ways = _text_ways(page, held, in_question[held])
        else:
            ways = _pdf_ways(page, accounts[at], observed[held], None if aligned else in_question[held], rereadings)
        for other, divided in ways:
            if not accounts[at].rejected:
                break
            account = again(other, divided, legal, imposed=True)
            if (account.rejected, -account.rows) < (accounts[at].rejected, -accounts[at].rows):
                pages[at], accounts[at] = other, account


def _text_ways(page: Page, held: Columns, lines: Sequence[Line]) -> Iterator[tuple[Page, Columns]]:
    """Other ways to divide a page of text.

    There are none if tabs bound the cells, or if the heads of a single pair stand in single spaces and so show no columns.
    """
    if held.mode == "tabs" and any("\t" in line.text.strip() for line in lines):
        return
    observed = as_observed(held, lines)
    if held.mode == "starts" or (held.pairs > 1 and any(WIDE_GAP.search(line.text.strip()) for line in lines)):
        yield page, in_capitals(observed, lines)
    if held.pairs > 1 and not held.skipped and held.company == 0:
        placed = sum(isinstance(observed.place(line), list) for line in lines)
        if placed < (1 - _MOST) * len(lines):  # cells stand in no columns, in which an empty cell would leave a gap
            yield page, in_capitals(held.between_gaps(), lines)
    if held.mode != "anchored" and held.pairs == 1:  # pairs side by side cannot be told apart from the right
        spaced = as_spaced(observed, lines)
        if spaced:
            yield page, in_capitals(spaced, lines)


def _pdf_ways(
    page: Page, account: PageAccount, observed: Columns, unaligned: Sequence[Line] | None, rereadings: Rereadings
) -> Iterator[tuple[Page, Columns]]:
    """Other ways to divide a page of a PDF, each with the reading of the page that it divides.

    `unaligned` are the lines in question if the symbols of the list do not start at one place, None if they do.
    """
    if unaligned is not None:
        for other in rereadings(page.number, ()):
            yield other, as_centred(observed, unaligned)
    yield page, observed
    for other in rereadings(page.number, observed.starts):
        yield _mended(page, account, other), observed.running_over()


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
    if not successive or count_rows(lines) < _FEW_ROWS:
        return
    for _, line, fields in _row_lines(lines):
        cells = line.cells or []
        for at in range(fields.index("company"), len(cells), len(fields)):
            cells[at] = (cells[at] or "").partition(" ")[2].lstrip() or None


def _drop_marks(lines: Sequence[Line], *, marked: bool) -> Iterator[Note]:
    """Remove the marks of notes from the ends of names; yields a note for each mark left out, at the first line that has it.

    If the pages are `marked`, raised marks are noted too; no cell has them.
    """
    met: dict[str, list[Line]] = defaultdict(list)
    for _, line, fields in _row_lines(lines):
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
    for _, line, fields in _row_lines(lines):
        if line.cells and "classification" in fields:
            for classification in line.cells[fields.index("classification") :: len(fields)]:
                if classification:
                    by_class.setdefault(classification, []).append(line)
    if not by_class:
        return None, []
    heads = {word.text.lower() for line in lines if line.role is Role.HEADER for word in line.words}
    headed = {words_of.taxonomy_of_header(head) for head in heads}
    fits = {
        name: (sum(len(by_class[c]) for c in by_class if c in classes), name in headed)
        for name, classes in words_of.taxonomies().items()
    }
    taxonomy = max(fits, key=lambda name: fits[name])
    notes: list[Note] = []
    for classification, classed in by_class.items():
        if classification not in words_of.taxonomies()[taxonomy]:
            for line in classed:
                line.role, line.cells = Role.REJECTED, None
                notes.append(unplaceable(line, f"{classification!r} is not of {taxonomy}"))
    if not fits[taxonomy][1] and any(headed):
        head = ", ".join(sorted(name for name in headed if name))
        notes.append(Note("warning", f"the header speaks of {head}, but the classifications are of {taxonomy}"))
    return taxonomy, notes


def fields_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """The kinds of columns in one pair, in order, from the first header among accounted lines; empty if there is none."""
    for line in lines:
        if line.role is Role.HEADER and line.cells:
            return tuple(dict.fromkeys(cell for cell in line.cells if cell))
    return ()


def _row_lines(lines: Sequence[Line]) -> Iterator[tuple[int, Line, tuple[str, ...]]]:
    """The lines with rows of an accounted list: position, line, and the fields of the header above it.

    Lines above the first header get the fields of the first.
    """
    fields = fields_of(lines)
    for at, line in enumerate(lines):
        if line.role is Role.HEADER:
            fields = fields_of([line]) or fields
        elif line.role is Role.ROW and line.cells:
            yield at, line, fields


def count_rows(lines: Sequence[Line]) -> int:
    """How many rows an accounted list holds."""
    rows = ((line.cells or [], fields) for _, line, fields in _row_lines(lines))
    return sum((len(cells) - cells.count(None)) // len(fields) for cells, fields in rows)


def list_rows(lines: Sequence[Line]) -> Iterator[Row]:
    """The rows of an accounted list in document order: page by page, down the left pair of columns, then the next pair."""
    ordinal = 0
    for fields, rows in _tables(lines):
        width = len(fields)
        position = {name: at for at, name in enumerate(fields)}
        company, symbol, classification = position["company"], position["symbol"], position.get("classification")
        for pair in range(0, max(len(line.cells or ()) for line in rows), width):
            for line in rows:
                cells = (line.cells or [])[pair : pair + width]
                if not cells or cells[symbol] is None:
                    continue
                ordinal += 1
                name, marker = split_name(cells[company] or "")
                kind = cells[classification] if classification is not None else None
                yield Row(ordinal, line.page, line.number, name, marker, cells[symbol] or "", kind)


def _tables(lines: Sequence[Line]) -> Iterator[tuple[tuple[str, ...], list[Line]]]:
    """The row lines of a list, one printed page at a time, each time with their fields.

    In a text file a page ends where rows stand further apart than usual. If there are several headers, blank lines alone do not
    end a page: some programs set them among the rows to keep the height of the page.
    """
    rows = list(_row_lines(lines))
    headed = sum(line.role is Role.HEADER and line.cells is not None for line in lines) > 1
    steps = Counter(b[0] - a[0] for a, b in pairwise(rows))
    usual = max(steps, key=lambda step: (steps[step], -step), default=1)
    table: list[Line] = []
    held: tuple[str, ...] = ()
    before = 0
    for at, line, fields in rows:
        apart = at - before > usual and not (
            headed and all(line.role in (Role.BLANK, Role.ROW) for line in lines[before + 1 : at])
        )
        if table and (line.page != table[-1].page or apart or fields != held):
            yield held, table
            table = []
        table.append(line)
        before, held = at, fields
    if table:
        yield held, table


def split_name(printed: str) -> tuple[str, str | None]:
    """Split a printed company name into name and class marker: `FISCAL NOTE HOLDINGS (A)` is a share of class A."""
    # A name is not hyphenated: a soft hyphen in it is the name that a program gave to the glyph of a hyphen.
    name = (_SPACES.sub(" ", printed).strip() if "  " in printed else printed).replace("\u00ad", "-")
    if not name.endswith(")"):
        return name, None
    match = _CLASS_MARKER.search(name)
    return (name[: match.start()], match.group(1)) if match and match.start() else (name, None)
