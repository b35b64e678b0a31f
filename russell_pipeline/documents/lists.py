"""Membership lists, additions and deletions: the line account of their pages, and the rows that the account holds."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import NamedTuple

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.model import Line, Note, Page, Role, Word

SYMBOL = re.compile(r"[A-Z]{1,5}(?:[./-][A-Z]{1,2})?")
_CLASS_MARKER = re.compile(r"\s*\(([A-Z])\)$")
_LOWER = re.compile(r"[a-z]{2}")
_SPACES = re.compile(r"\s+")

# A word belongs to a column when it starts no further left of it than this (points, or characters of a text file).
_NEAR = 1.5
# Lines further apart than this many times the pitch of the rows are not of one table.
_TABLE_GAP = 1.75
_USUAL_PITCH = 14.0

Cells = list[str | None]


class Row(NamedTuple):
    """One row of a list as printed, without the class marker in the name, and where it stands."""

    ordinal: int
    page: int
    line: int
    company_name: str
    class_marker: str | None
    symbol: str
    classification: str | None


@dataclass(frozen=True)
class Columns:
    """The columns of a list: what each pair of them holds, in order (`fields`), and where each column starts (`starts`).

    `mode` is how a line is divided: `tabs`; `starts`, where cells begin at their columns; `anchored`, where a cell is
    known from the right by what it can be, as in text with single spaces or in centred columns.
    """

    fields: tuple[str, ...]
    starts: tuple[float, ...]
    mode: str

    @property
    def pairs(self) -> int:
        return len(self.starts) // len(self.fields)

    @cached_property
    def company(self) -> int:
        return self.fields.index("company")

    @cached_property
    def symbol(self) -> int:
        return self.fields.index("symbol")

    @cached_property
    def classification(self) -> int | None:
        return self.fields.index("classification") if "classification" in self.fields else None

    def place(self, line: Line) -> Cells | str | None:
        """The cells of a row, or why the line is not one (None where nothing about it looks like a row)."""
        if self.mode == "tabs":
            return self._place_tabbed(line)
        if self.mode == "starts":
            return self._place_at_starts(line.words)
        return self._place_anchored(line.words)

    def _place_at_starts(self, words: list[Word]) -> Cells | str | None:
        bounds = [bisect_left(words, (start - _NEAR,)) for start in self.starts]  # type: ignore[type-var]
        if bounds[0]:
            return None  # a word stands left of all columns
        bounds.append(len(words))
        width = len(self.fields)
        cells: Cells = []
        for pair in range(0, len(self.starts), width):
            if bounds[pair] == bounds[pair + width]:
                cells.extend([None] * width)
                continue
            placed: Cells = []
            for column in range(pair, pair + width):
                inside = words[bounds[column] : bounds[column + 1]]
                if not inside:
                    return f"the {self.fields[column - pair]} column is empty"
                if inside[0][0] - self.starts[column] > _NEAR:
                    return None
                placed.append(inside[0][1] if len(inside) == 1 else " ".join([word[1] for word in inside]))
            self._give_back_overrun(placed)
            reason = self._misfit(placed)
            if reason:
                return reason
            cells += placed
        return cells

    def _give_back_overrun(self, cells: Cells) -> None:
        """Where a long name runs over into the symbol's column, what follows the symbol there is of the name."""
        symbol, _, rest = (cells[self.symbol] or "").partition(" ")
        if rest and self.company == self.symbol - 1 and SYMBOL.fullmatch(symbol):
            cells[self.symbol] = symbol
            cells[self.company] = f"{cells[self.company]} {rest}"

    def _place_tabbed(self, line: Line) -> Cells | str | None:
        parts = [part.strip() for part in line.text.split("\t")]
        while parts and not parts[-1]:
            parts.pop()
        if len(parts) < 2:
            return None
        width = len(self.fields)
        if len(parts) % width or len(parts) > max(len(self.starts), width):
            return f"{len(parts)} cells where the header has {len(self.starts)}"
        cells: Cells = []
        for pair in range(0, len(parts), width):
            placed: Cells = list(parts[pair : pair + width])
            if not any(placed):
                cells.extend([None] * width)
                continue
            reason = self._misfit(placed)
            if reason:
                return reason
            cells += placed
        return cells

    def _misfit(self, cells: Cells) -> str | None:
        """Why cells that stand in their columns are not a row."""
        if not cells[self.company]:
            return "the company column is empty"
        if not SYMBOL.fullmatch(cells[self.symbol] or ""):
            return f"{cells[self.symbol]!r} is not a symbol"
        if self.classification is not None and cells[self.classification] not in words_of.classifications():
            return f"{cells[self.classification]!r} is not a sector or industry of any known taxonomy"
        return None

    def _place_anchored(self, words: Sequence[Word]) -> Cells | str | None:
        width = len(self.fields)
        company_starts = self.starts[::width]
        segments: list[list[Word]] = [[] for _ in company_starts]
        pair = 0
        for word in words:
            while pair + 1 < len(company_starts) and word.x >= company_starts[pair + 1] - _NEAR:
                pair += 1
            segments[pair].append(word)
        cells: Cells = []
        for pair, segment in enumerate(segments):
            if not segment:
                cells.extend([None] * width)
                continue
            placed = _from_the_right([word.text for word in segment], self.fields)
            if not isinstance(placed, dict):
                return placed
            cells.extend(placed[name] for name in self.fields)
        return cells


def _from_the_right(texts: list[str], fields: tuple[str, ...]) -> dict[str, str] | str | None:
    """Cells found by what they can be: the longest classification that ends the text, a symbol before it, a name before that."""
    end = len(texts)
    placed: dict[str, str] = {}
    if "classification" in fields:
        for length in range(min(4, end - 2), 0, -1):
            tail = " ".join(texts[end - length :])
            if tail in words_of.classifications():
                placed["classification"] = tail
                end -= length
                break
        else:
            return "it does not end in a sector or industry of any known taxonomy" if _row_like(texts) else None
    if end < 2:
        return None
    if not SYMBOL.fullmatch(texts[end - 1]):
        return f"{texts[end - 1]!r} is not a symbol" if placed or _row_like(texts) else None
    return placed | {"symbol": texts[end - 1], "company": " ".join(texts[: end - 1])}


def _row_like(texts: Sequence[str]) -> bool:
    """Whether words could be a row that was misread: a name in capitals or figures, and a symbol after it."""
    return len(texts) > 1 and not _LOWER.search(texts[0]) and any(SYMBOL.fullmatch(text) for text in texts[1:])


def _is_prose(words: Sequence[Word]) -> bool:
    return sum(bool(_LOWER.search(word.text)) for word in words) >= max(4, 0.5 * len(words))


# --- headers -----------------------------------------------------------------------------------------------------


def _head_kinds(line: Line) -> list[tuple[float, str]] | None:
    """The columns that a line heads (x, kind), None where it is not part of a header."""
    known = words_of.header_words()
    words = line.words
    if not words or (words[0][1].lower() not in known and (len(words) < 2 or words[1][1].lower() not in known)):
        return None
    heads: list[tuple[float, str]] = []
    before: float | None = None
    strange = 0
    for x, text in words:
        kind = known.get(text.strip("*:.()").lower())
        if kind is None:
            strange += 1
        elif kind == "before":
            before = x if before is None else before
            continue
        elif kind != "after" and not (heads and heads[-1][1] == kind and x - heads[-1][0] < 60):
            heads.append((x if before is None else before, kind))
        before = None
    if not heads or strange > (2 if {"company", "symbol"} <= {kind for _, kind in heads} else 0):
        return None
    return heads


def _headers(lines: Sequence[Line]) -> dict[int, Columns]:
    """The headers of a page by the line that they begin on; head cells may stand on two neighbouring baselines.

    The second line of such a header is there too, with the same columns.
    """
    heads = {at: found for at, line in enumerate(lines) if (found := _head_kinds(line))}
    headers: dict[int, Columns] = {}
    for at, found in heads.items():
        if at in headers:
            continue
        columns = _columns(found, lines[at])
        if columns is None and at + 1 in heads and lines[at].y is not None:
            columns = _columns(sorted(found + heads[at + 1]), lines[at])
            if columns:
                headers[at + 1] = columns
        if columns:
            headers[at] = columns
    return headers


def _columns(heads: list[tuple[float, str]], line: Line) -> Columns | None:
    """The columns that heads stand for: company and symbol, or company, symbol and classification, once or repeated."""
    kinds = tuple(kind for _, kind in heads)
    fields = kinds[: kinds.index(kinds[0], 1)] if kinds.count(kinds[0]) > 1 else kinds
    if len(set(fields)) != len(fields) or not {"company", "symbol"} <= set(fields) or kinds != fields * (len(kinds) // len(fields)):
        return None
    mode = "starts"
    if line.y is None:
        mode = "tabs" if "\t" in line.text else "starts" if re.search(r"\S\s{2,}\S", line.text) else "anchored"
    return Columns(fields, tuple(x for x, _ in heads), mode)


def has_header(pages: Iterable[Page]) -> bool:
    """Whether any page has the column heads of a membership list."""
    return any(_headers(page.lines) for page in pages)


# --- the account of a page -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Account:
    """Roles and cells of the lines of one page, not yet written to them, and the columns that held at its end."""

    roles: list[Role | None]
    cells: list[Cells | None]
    reasons: dict[int, str]
    columns: Columns | None

    @property
    def rejected(self) -> int:
        return sum(role is Role.REJECTED for role in self.roles)

    @property
    def rows(self) -> int:
        return sum(role is Role.ROW for role in self.roles)


def account_list(
    pages: list[Page], rereadings: Callable[[int, Sequence[float]], Iterable[Page]] | None = None
) -> tuple[str | None, list[Note]]:
    """Give every line of a list its one role, and every row its cells; return the taxonomy and what was noticed.

    Pages are accounted one after the other, for columns carry over to pages that have no header. A page whose account does
    not close is read again by `rereadings(page, column starts)` where given, and the reading with the fewest rejected lines
    is kept. Lines that nobody can place are rejected, each with a note that says why.
    """
    notes: list[Note] = []
    columns: Columns | None = _first_columns(pages)
    for at, page in enumerate(pages):
        account = _best_account(page, columns)
        if account.rejected and rereadings is not None and account.columns is not None:
            for other in rereadings(page.number, account.columns.starts):
                attempt = _best_account(other, columns)
                if (attempt.rejected, -attempt.rows) < (account.rejected, -account.rows):
                    page, account = other, attempt
                    pages[at] = other
                if not account.rejected:
                    break
        for index, line in enumerate(page.lines):
            line.role = account.roles[index] or Role.REJECTED
            line.cells = account.cells[index]
        notes.extend(
            Note("error", _because(page.lines[index], reason), page.number, page.lines[index].number)
            for index, reason in account.reasons.items()
            if account.roles[index] is Role.REJECTED
        )
        columns = account.columns
    taxonomy, misfits = _taxonomy(pages)
    return taxonomy, notes + misfits


def _because(line: Line, reason: str) -> str:
    return f"{line.text.strip()[:120]!r} cannot be placed: {reason}"


def _first_columns(pages: Sequence[Page]) -> Columns | None:
    return next((columns for page in pages for columns in _headers(page.lines).values()), None)


def _best_account(page: Page, columns: Columns | None) -> _Account:
    """The account with the fewest rejected lines among the ways of dividing a page's lines into columns."""
    best: _Account | None = None
    for divide in (_as_headed, _as_observed, _anchored):
        account = _account(page, columns, divide)
        if best is None or (account.rejected, -account.rows) < (best.rejected, -best.rows):
            best = account
        if not best.rejected:
            break
    assert best is not None
    return best


def _as_headed(columns: Columns, lines: Sequence[Line]) -> Columns:
    return columns


def _as_observed(columns: Columns, lines: Sequence[Line]) -> Columns:
    """Columns at the places where most words of the lines start, for heads that stand centred over their columns."""
    starts = Counter(round(2 * word.x) / 2 for line in lines for word in line.words)
    observed: list[float] = []
    for head in columns.starts:
        left = observed[-1] + 10 if observed else 0.0
        near = [(count, -abs(x - head), x) for x, count in starts.items() if left <= x and head - 120 <= x <= head + 60]
        observed.append(max(near)[2] if near else head)
    return replace(columns, starts=tuple(observed), mode="starts")


def _anchored(columns: Columns, lines: Sequence[Line]) -> Columns:
    if columns.fields[0] != "company" or (columns.pairs > 1 and lines and lines[0].y is None):
        return columns  # cells cannot be told apart from the right alone
    observed = _as_observed(columns, lines) if lines and lines[0].y is not None else columns
    return replace(observed, mode="anchored")


def _account(
    page: Page, columns: Columns | None, divide: Callable[[Columns, Sequence[Line]], Columns]
) -> _Account:
    lines = page.lines
    positioned = bool(lines) and lines[0].y is not None
    account = _Account([None] * len(lines), [None] * len(lines), {}, columns)
    headers = _headers(lines)
    first_header = min(headers, default=None)
    if columns is not None and first_header is None:
        columns = divide(columns, lines)
    legal = False
    for at, line in enumerate(lines):
        if not line.words:
            account.roles[at] = Role.BLANK
        elif at in headers:
            account.roles[at] = Role.HEADER
            columns = divide(headers[at], lines[at + 1 :])
            account.cells[at] = list(columns.fields * columns.pairs)
            legal = False
        else:
            above_table = positioned and first_header is not None and at < first_header
            legal = _account_line(account, at, line, None if above_table else columns, legal)
    account.columns = columns
    _settle(account, lines, positioned)
    return account


def _account_line(account: _Account, at: int, line: Line, columns: Columns | None, legal: bool) -> bool:
    """The role of a line by what it says and how it divides; None where only its surroundings can tell."""
    anchored = columns is None or columns.mode == "anchored"
    if not anchored and not legal:  # furniture that stands in the columns by chance is no row, but looking is slower
        placed = columns.place(line) if columns else None
        if isinstance(placed, list):
            account.roles[at], account.cells[at] = Role.ROW, placed
            return legal
        if placed:
            account.reasons[at] = placed
    text = words_of.plain(line.text)
    if words_of.is_footer(text):
        account.roles[at] = Role.FOOTER
    elif words_of.is_title(text) or not text:
        account.roles[at] = Role.TITLE
    elif legal or words_of.begins_legal(line.text):
        account.roles[at] = Role.LEGAL
        return True
    elif anchored and columns is not None:
        placed = columns.place(line)
        if isinstance(placed, list):
            account.roles[at], account.cells[at] = Role.ROW, placed
        elif placed:
            account.reasons[at] = placed
    return legal


def _settle(account: _Account, lines: Sequence[Line], positioned: bool) -> None:
    """Give the lines that say nothing of themselves the role that their surroundings give them.

    Above the table stands the title, below it (after a gap) the footer, and prose below it is legal text. What stands in
    the table, or joins on to it, and is no row, is rejected; and so is all of a page on which nothing is known.
    """
    roles = account.roles
    rows = [at for at, role in enumerate(roles) if role is Role.ROW]
    headers = [at for at, role in enumerate(roles) if role is Role.HEADER]
    first = min(headers[:1] + rows[:1], default=None)
    last = max(headers[-1:] + rows[-1:], default=-1)
    pitch = _pitch([lines[at] for at in rows])
    legal = False
    for at, line in enumerate(lines):
        if roles[at] is Role.LEGAL:
            legal = True
        if roles[at] is not None:
            continue
        if first is None:
            settled = _settle_without_table(line, legal, account.columns, any(role is Role.LEGAL for role in roles))
        elif at < first:
            settled = Role.TITLE if roles[first] is Role.HEADER or not _joins(line, lines[first], pitch) else Role.REJECTED
        elif at < last:
            between = _between_pages(roles, lines, at) and not _row_like([word.text for word in line.words])
            settled = Role.TITLE if between and at not in account.reasons else Role.REJECTED
        elif legal or (_is_prose(line.words) and not _joins(line, lines[last], pitch)):
            settled, legal = Role.LEGAL, True
        elif positioned:
            settled = Role.REJECTED if _joins(line, _above(lines, roles, at), pitch) or at in account.reasons else Role.FOOTER
        else:
            settled = Role.REJECTED if at in account.reasons or _row_like([w.text for w in line.words]) else Role.FOOTER
        roles[at] = settled
        if settled is Role.REJECTED:
            account.reasons.setdefault(at, "it is neither a row nor anything that lists are known to carry")


def _settle_without_table(line: Line, legal: bool, columns: Columns | None, legal_page: bool) -> Role:
    if legal or _is_prose(line.words):
        return Role.LEGAL
    if columns is not None and (_row_like([word.text for word in line.words]) or not legal_page):
        return Role.REJECTED
    return Role.TITLE


def _between_pages(roles: Sequence[Role | None], lines: Sequence[Line], at: int) -> bool:
    """Whether a page ends or begins between the rows around a line of a text file: what stands there is furniture."""
    following = range(at + 1, len(roles))
    for index in following:
        if roles[index] is Role.HEADER:
            return lines[index].y is None
        if roles[index] is Role.ROW:
            return False
    return False


def _above(lines: Sequence[Line], roles: Sequence[Role | None], at: int) -> Line:
    """The nearest line above that is of the table or was refused a place in it."""
    return next(lines[i] for i in range(at - 1, -1, -1) if roles[i] in (Role.ROW, Role.HEADER, Role.REJECTED))


def _pitch(rows: Sequence[Line]) -> float:
    gaps = [above.y - below.y for above, below in zip(rows, rows[1:], strict=False) if above.y and below.y]
    return median(gaps) if gaps else _USUAL_PITCH


def _joins(line: Line, other: Line, pitch: float) -> bool:
    """Whether a line stands so near to one of the table that it must be of the table too."""
    if line.y is None or other.y is None:
        return False
    return abs(line.y - other.y) <= _TABLE_GAP * pitch


# --- taxonomy and rows ---------------------------------------------------------------------------------------------


def _taxonomy(pages: Sequence[Page]) -> tuple[str | None, list[Note]]:
    """The taxonomy that most classifications are of (the header's where several fit), and the rows that are not of it."""
    by_class: dict[str, list[Line]] = {}
    heads: set[str] = set()
    fields: tuple[str, ...] = ()
    for line in (line for page in pages for line in page.lines):
        if line.role is Role.HEADER:
            fields = fields or fields_of([line])
            heads.update(word.text.lower() for word in line.words)
        elif line.role is Role.ROW and line.cells and "classification" in fields:
            for classification in line.cells[fields.index("classification") :: len(fields)]:
                if classification:
                    by_class.setdefault(classification, []).append(line)
    if not by_class:
        return None, []
    headed = {words_of.taxonomy_of_header(head) for head in heads}
    fits = {
        name: (sum(len(by_class[c]) for c in by_class if c in classes), name in headed)
        for name, classes in words_of.taxonomies().items()
    }
    taxonomy = max(fits, key=lambda name: fits[name])
    notes: list[Note] = []
    for classification, lines in by_class.items():
        if classification not in words_of.taxonomies()[taxonomy]:
            for line in lines:
                line.role, line.cells = Role.REJECTED, None
                notes.append(Note("error", _because(line, f"{classification!r} is not of {taxonomy}"), line.page, line.number))
    if not fits[taxonomy][1] and any(headed):
        head = ", ".join(sorted(name for name in headed if name))
        notes.append(Note("warning", f"the header speaks of {head}, but the classifications are of {taxonomy}"))
    return taxonomy, notes


def fields_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """What each pair of columns of an accounted list holds, in order; empty where it has no header."""
    for line in lines:
        if line.role is Role.HEADER and line.cells:
            return tuple(dict.fromkeys(cell for cell in line.cells if cell))
    return ()


def count_rows(lines: Iterable[Line]) -> int:
    """How many rows an accounted list holds."""
    symbol = width = 0
    count = 0
    for line in lines:
        if line.role is Role.HEADER and line.cells and not width:
            fields = fields_of([line])
            symbol, width = fields.index("symbol"), len(fields)
        elif line.role is Role.ROW and line.cells:
            count += sum(cell is not None for cell in line.cells[symbol::width])
    return count


def list_rows(lines: Sequence[Line], fields: Sequence[str]) -> Iterator[Row]:
    """The rows of an accounted list in document order: page by page, the left column down, then the next."""
    width = len(fields)
    position = {name: at for at, name in enumerate(fields)}
    company, symbol, classification = position["company"], position["symbol"], position.get("classification")
    ordinal = 0
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        if line.role is Role.ROW and line.cells:
            by_page.setdefault(line.page, []).append(line)
    for page, rows in by_page.items():
        for pair in range(0, max(len(line.cells or ()) for line in rows), width):
            for line in rows:
                cells = (line.cells or [])[pair : pair + width]
                if not cells or cells[symbol] is None:
                    continue
                ordinal += 1
                name, marker = split_name(cells[company] or "")
                kind = cells[classification] if classification is not None else None
                yield Row(ordinal, page, line.number, name, marker, cells[symbol] or "", kind)


def split_name(printed: str) -> tuple[str, str | None]:
    """A printed company name as its name and its class marker: `FISCAL NOTE HOLDINGS (A)` is a share of class A."""
    name = _SPACES.sub(" ", printed).strip() if "  " in printed else printed
    if not name.endswith(")"):
        return name, None
    match = _CLASS_MARKER.search(name)
    return (name[: match.start()], match.group(1)) if match and match.start() else (name, None)
