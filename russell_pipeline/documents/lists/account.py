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
from russell_pipeline.documents.lists.column_starts import (
    aligned_symbols,
    as_centred,
    as_observed,
    as_spaced,
    in_capitals,
)
from russell_pipeline.documents.lists.columns import WIDE_GAP, Columns
from russell_pipeline.documents.lists.page_account import PageAccount, account_page, running_lines, unrecognised_line
from russell_pipeline.documents.lists.rows import count_rows, list_rows, row_lines
from russell_pipeline.documents.model import Line, Note, Page, Role
from russell_pipeline.wording import counted

# Characters that end a name only as the mark of a note.
_MARKS = frozenset("*†‡§¹²³⁰⁴⁵⁶⁷⁸⁹")
_MARK = re.compile(r"(?<=\S)\s*[*†‡§¹²³⁰⁴-⁹]+$")
# Fewer rows are no evidence: the names of two companies may really begin with successive numbers.
_FEW_ROWS = 3
# The share that counts as most of the symbols, or of the lines of a text.
_MOST = 0.75
# What is printed over a page has no more words if it is a watermark or a stamp.
_MOST_OVER = 40

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
    notes = [note for page, account in zip(pages, accounts, strict=True) for note in account.apply(page)]
    lines = [line for page in pages for line in page.lines]
    _drop_running_numbers(lines)
    marks = list(_drop_marks(lines, marked=any(page.marked for page in pages)))
    taxonomy, misfits = _taxonomy(lines)
    lone = [*isolated_rows(pages), *uncertain_order(lines), *names_without_spaces(lines)] if rereadings is None else []
    others = [*_rows_perhaps(pages), *undecoded_names(lines), *ignored_columns(pages, headers)]
    return taxonomy, notes + misfits + doubts + lone + marks + others


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
        yield _mended(page, account, other), observed.with_overflow()


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
        if sum(len(text.split()) for text in {line.text for line in page.over}) > _MOST_OVER:
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
    if not successive or count_rows(lines) < _FEW_ROWS:
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
