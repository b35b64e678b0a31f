"""The line account of one page of a list: one role for each line, by what it says, how it divides, and where it stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.columns import SYMBOL, Cells, Columns, has_lower_case, is_row_like
from russell_pipeline.documents.model import Line, Note, Page, Role
from russell_pipeline.documents.pages import RunningKey, running_key

# Lines further apart than this many times the pitch of the rows are not of one table.
_TABLE_GAP = 1.75
_USUAL_PITCH = 14.0
# The second line of a cell stands this much nearer to its first than rows stand to each other.
_WRAPPED = 0.9
# Lines of one paragraph of legal text stand no further apart (points).
_PARAGRAPH_GAP = 16.0
# Running heads and feet are among the first and last lines of a page.
_HEAD_LINES, _FOOT_LINES = 3, 3
_UNKNOWN = "it is neither a row nor anything that lists are known to carry"


@dataclass(slots=True)
class PageAccount:
    """Roles and cells of the lines of one page, not yet written to them, and why lines did not divide into cells.

    `edges` are lines that are titles or footers, as they stand above or below the table.
    """

    roles: list[Role | None]
    cells: list[Cells | None]
    reasons: dict[int, str] = field(default_factory=dict)
    edges: set[int] = field(default_factory=set)

    @property
    def rejected(self) -> int:
        return self.roles.count(Role.REJECTED)

    @property
    def rows(self) -> int:
        return self.roles.count(Role.ROW)

    @property
    def ends_in_legal(self) -> bool:
        """Whether legal text may go on at the top of the next page."""
        return next(
            (role is Role.LEGAL for role in reversed(self.roles) if role not in (Role.FOOTER, Role.BLANK)), False
        )

    def lines_in_question(self, page: Page) -> list[Line]:
        """The lines of the page that are rows or were refused to be."""
        return [line for line, role in zip(page.lines, self.roles, strict=True) if role in (Role.ROW, Role.REJECTED)]

    def settle(self, page: Page) -> Iterator[Note]:
        """Write the account to the page's lines; a note for each line that is rejected."""
        for at, line in enumerate(page.lines):
            line.role, line.cells = self.roles[at], self.cells[at]
            if line.role is Role.REJECTED:
                yield unplaceable(line, self.reasons.get(at, _UNKNOWN))


def unplaceable(line: Line, reason: str) -> Note:
    """The note on a line that nobody can place."""
    return Note("error", f"{line.text.strip()[:120]!r} cannot be placed: {reason}", line.page, line.number)


def account_page(
    page: Page,
    columns: Columns | None,
    legal: bool = False,
    *,
    headers: dict[int, Columns],
    running: Container[RunningKey] = (),
    imposed: bool = False,
    begun: bool = True,
) -> PageAccount:
    """The account of a page on which `columns` hold until a header says otherwise; `imposed` columns hold in spite of one that
    heads the same, and gaps below all.

    `legal` says that the page before ended in legal text, which goes on unless a header ends it. `headers` are those of
    `headers_of`, `running` the lines that say the same at the same place of other pages. Above its first header a PDF page
    has no rows, and a text none unless the list has `begun` on a page before.
    """
    lines = page.lines
    account = PageAccount([None] * len(lines), [None] * len(lines))
    positioned = any(line.y is not None for line in lines)
    headless = 0 if positioned or begun else len(lines)
    table_from = min(headers, default=headless) if positioned or not begun else 0
    legal = legal and not headers
    for at, line in enumerate(lines):
        if not line.words:
            account.roles[at] = Role.BLANK
        elif at in headers:
            if not (imposed and columns and columns.kinds == headers[at].kinds):
                gaps = imposed and columns is not None and columns.mode == "gaps"
                columns = headers[at].between_gaps() if gaps else headers[at]
            account.roles[at] = Role.HEADER
            account.cells[at] = list(columns.kinds)
            legal = False
        else:
            above = at < table_from
            legal = _account_line(account, at, lines, None if above else columns, legal=legal, running=running)
            untold = above and not positioned and account.roles[at] is None
            if untold and columns and isinstance(columns.place(line), list):
                account.roles[at] = Role.REJECTED
                account.reasons[at] = "it reads as a row, but stands above the column heads"
    _settle_the_rest(account, lines, positioned, columns, running)
    if positioned and columns is not None and account.rejected:
        _join_wrapped(account, lines, columns)
    return account


def _account_line(
    account: PageAccount,
    at: int,
    lines: Sequence[Line],
    columns: Columns | None,
    *,
    legal: bool,
    running: Container[RunningKey],
) -> bool:
    """Give a line the role that its own words give it, if they do; return whether legal text has begun.

    Cells at known places are looked for before furniture, cells that are told by what they can be after it: "MEMBERSHIP LIST"
    would pass for a company with the symbol LIST. Within a paragraph of legal text nothing else begins but the foot of the page.
    """
    line = lines[at]
    at_places = columns is not None and (columns.mode != "anchored" or bool(columns.symbols_about))
    first_cells = at_places and not legal
    if first_cells and _is_row(account, at, line, columns):
        return legal
    furniture = words_of.furniture(line.text)
    at_foot = furniture == "footer" and line.y is not None and at + 1 == len(lines)
    if legal and not at_foot and _goes_on(account, lines, at):
        furniture = None
    if furniture == "edge" and not words_of.begins_legal(line.text):
        account.roles[at] = Role.FOOTER
        account.edges.add(at)
    elif furniture and furniture != "edge":
        account.roles[at] = Role(furniture)
    elif legal and _is_running(line, running):
        account.roles[at] = Role.FOOTER
    elif legal or words_of.begins_legal(line.text):
        account.roles[at] = Role.LEGAL
        return True
    elif not first_cells:
        _is_row(account, at, line, columns)
    return legal


def _goes_on(account: PageAccount, lines: Sequence[Line], at: int) -> bool:
    """Whether a line goes on with the legal text of the line above it: it joins on to it."""
    if not at or account.roles[at - 1] is not Role.LEGAL:
        return False
    above, line = lines[at - 1], lines[at]
    return above.y is None or line.y is None or above.y - line.y < _PARAGRAPH_GAP


def running_lines(pages: Iterable[Page]) -> frozenset[RunningKey]:
    """What stands at the head or foot of at least two pages of a PDF, at the same place and the same but for its figures."""
    count = Counter(
        key
        for page in pages
        for key in {running_key(line) for line in [*page.lines[:_HEAD_LINES], *page.lines[-_FOOT_LINES:]] if line.y}
        if key
    )
    return frozenset(key for key, number in count.items() if number > 1)


def _height(line: Line) -> float:
    return line.y or 0.0


def _is_running(line: Line, running: Container[RunningKey]) -> bool:
    return line.y is not None and running_key(line) in running


def _is_row(account: PageAccount, at: int, line: Line, columns: Columns | None) -> bool:
    placed = columns.place(line) if columns else None
    if isinstance(placed, list):
        account.roles[at], account.cells[at] = Role.ROW, placed
        return True
    if placed:
        account.reasons[at] = placed
    return False


def _settle_the_rest(
    account: PageAccount,
    lines: Sequence[Line],
    positioned: bool,
    columns: Columns | None,
    running: Container[RunningKey],
) -> None:
    """Give the lines that say nothing of themselves the role that their surroundings give them.

    Above the table stands the title, below it (after a gap) the footer, and prose below it is legal text. What stands in
    the table, or joins on to it, and is no row, is rejected, as is what reads as a row below it, lest rows be lost in silence;
    and so is all of a page on which nothing is known.
    """
    roles = account.roles
    table = [at for at, role in enumerate(roles) if role in (Role.ROW, Role.HEADER)]
    if not table:
        _settle_without_table(account, lines, columns, running)
        return
    first, last = table[0], table[-1]
    pitch = _pitch([lines[at] for at in table if roles[at] is Role.ROW])
    legal = False
    for at, line in enumerate(lines):
        legal = legal or roles[at] is Role.LEGAL
        if at < first and at in account.edges:
            roles[at] = Role.TITLE
        if columns is not None and at > first:
            if roles[at] is Role.FOOTER and columns.begins(line) and _is_near_row(roles, lines, at, pitch):
                roles[at] = None
            untold = roles[at] in (None, Role.LEGAL) and _begins(roles, lines, at) and not _is_running(line, running)
            if untold and columns.is_set_as_row(line):
                roles[at] = Role.REJECTED
                account.reasons.setdefault(at, "it reads as a row, but does not stand as the others do")
        if roles[at] is None and columns is not None and columns.classification is None and _is_industry(line):
            roles[at] = Role.REJECTED
            account.reasons[at] = "it heads rows that have no column for it"
        if roles[at] is not None:
            continue
        like_row = (
            at in account.reasons or is_row_like([word.text for word in line.words]) or _is_next(roles, lines, at)
        )
        if at < first:
            of_table = roles[first] is Role.ROW and _joins(line, lines[first], pitch)
            roles[at] = Role.REJECTED if of_table else Role.TITLE
        elif at < last:
            between = not like_row and _between_pages(roles, lines, at)
            roles[at] = Role.TITLE if between or _heads_letter(account, lines, at, columns) else Role.REJECTED
        elif positioned and _is_note(account, lines, at, columns):
            roles[at], legal = Role.LEGAL, True
        elif positioned and _joins(line, _above(lines, roles, at), pitch):
            roles[at] = Role.REJECTED
        elif legal or _is_prose(line):
            roles[at], legal = Role.LEGAL, True
        elif _is_running(line, running):
            roles[at] = Role.FOOTER
        else:
            roles[at] = Role.REJECTED if like_row and (at in account.reasons or not positioned) else Role.FOOTER


def _heads_letter(account: PageAccount, lines: Sequence[Line], at: int, columns: Columns | None) -> bool:
    """Whether a line is the letter that the names below it begin with, down to the next such line, and those above do not.

    The second line of a name may be a letter too: it stands nearer to the first than any rows stand.
    """
    letter = lines[at].text.strip()
    if columns is None or len(letter) != 1 or lines[at].words[0].x >= columns.starts[columns.symbol]:
        return False
    rows = [i for i, role in enumerate(account.roles) if role is Role.ROW]
    least = min((_height(lines[i]) - _height(lines[j]) for i, j in pairwise(rows)), default=0.0)
    if _height(lines[at - 1]) - _height(lines[at]) < _WRAPPED * least:
        return False

    def initials(i: int) -> set[str]:
        cells = account.cells[i] or []
        return {name[0] for name in cells[columns.company :: len(columns.fields)] if name}

    above = next((initials(i) for i in reversed(rows) if i < at), set())
    end = next((i for i in range(at + 1, len(lines)) if len(lines[i].text.strip()) == 1), len(lines))
    below = [initials(i) for i in rows if at < i < end]
    return letter not in above and bool(below) and all(found == {letter} for found in below)


def _is_note(account: PageAccount, lines: Sequence[Line], at: int, columns: Columns | None) -> bool:
    """Whether a line of a PDF below the table is a sentence, or ends one: of words that follow one another as those of rows,
    whose names are in capitals, do not."""
    if columns is None or not columns.is_one_text(lines[at]):
        return False
    rows = [cells for role, cells in zip(account.roles, account.cells, strict=True) if role is Role.ROW and cells]
    if not all(map(columns.in_capitals, rows)):
        return False
    goes_on = account.roles[at - 1] is Role.LEGAL and _goes_on(account, lines, at)
    return _is_prose(lines[at]) or (goes_on and any(has_lower_case(word.text) for word in lines[at].words))


def _settle_without_table(
    account: PageAccount, lines: Sequence[Line], columns: Columns | None, running: Container[RunningKey]
) -> None:
    """A page without a row or header is a cover (where no list has begun) or legal text; else nothing is known of it."""
    roles = account.roles
    prose = any(role is Role.LEGAL for role in roles) or any(_is_prose(line) for line in lines)
    legal = False
    for at, line in enumerate(lines):
        legal = legal or roles[at] is Role.LEGAL or _is_prose(line)
        if columns is None and not legal and at in account.edges:
            roles[at] = Role.TITLE
        if columns is not None and columns.reads_as_row(line) and roles[at] in (None, Role.LEGAL):
            roles[at] = Role.REJECTED
        if roles[at] is not None:
            continue
        if _is_running(line, running) and not _is_prose(line):
            roles[at] = Role.FOOTER
        elif legal:
            roles[at] = Role.LEGAL
        elif columns is not None and (not prose or is_row_like([word.text for word in line.words])):
            roles[at] = Role.REJECTED
        else:
            roles[at] = Role.TITLE


def _is_next(roles: Sequence[Role | None], lines: Sequence[Line], at: int) -> bool:
    """Whether a line of a text file stands right below a row and is written as names of companies are, or holds a symbol."""
    below = at > 0 and roles[at - 1] in (Role.ROW, Role.REJECTED) and lines[at].y is None
    capitals = lines[at].text.upper() == lines[at].text != lines[at].text.lower()
    return below and (capitals or any(SYMBOL.fullmatch(word.text) for word in lines[at].words[1:]))


def _is_near_row(roles: Sequence[Role | None], lines: Sequence[Line], at: int, pitch: float) -> bool:
    """Whether a line of a PDF stands nearer to a row than rows stand apart: "PUBLIC" may begin a name, "REVIEW" end one."""
    rows = [lines[i] for i in (at - 1, at + 1) if i < len(lines) and roles[i] in (Role.ROW, Role.REJECTED, None)]
    return lines[at].y is not None and any(abs(_height(row) - _height(lines[at])) < _WRAPPED * pitch for row in rows)


def _begins(roles: Sequence[Role | None], lines: Sequence[Line], at: int) -> bool:
    """Whether a line of a text file is none of the paragraph of legal text above it."""
    return lines[at].y is not None or roles[at - 1] is not Role.LEGAL


def _between_pages(roles: Sequence[Role | None], lines: Sequence[Line], at: int) -> bool:
    """Whether a header follows before the next row: what stands between the rows of a text file there is furniture."""
    following = next((i for i in range(at + 1, len(roles)) if roles[i] in (Role.ROW, Role.HEADER)), None)
    return following is not None and roles[following] is Role.HEADER and lines[following].y is None


def _above(lines: Sequence[Line], roles: Sequence[Role | None], at: int) -> Line:
    """The nearest line above that is of the table or was refused a place in it."""
    return next(lines[i] for i in range(at - 1, -1, -1) if roles[i] in (Role.ROW, Role.HEADER, Role.REJECTED))


def _pitch(rows: Sequence[Line]) -> float:
    gaps = [above.y - below.y for above, below in pairwise(rows) if above.y and below.y]
    return median(gaps) if gaps else _USUAL_PITCH


def _joins(line: Line, other: Line, pitch: float) -> bool:
    """Whether a line stands so near to one of the table that it must be of the table too."""
    return line.y is not None and other.y is not None and abs(line.y - other.y) <= _TABLE_GAP * pitch


def _join_wrapped(account: PageAccount, lines: Sequence[Line], columns: Columns) -> None:
    """Give what is left of a cell on a line of its own back to its row.

    A line without a symbol goes on with (or begins) the cells of the row that it stands nearer to than rows stand apart, where
    the row is whole with it. It counts as a line of that row, and has no cells of its own.
    """
    width = len(columns.fields)
    parts = {
        at: found
        for at, role in enumerate(account.roles)
        if role in (Role.ROW, Role.REJECTED) and (found := columns.parts(lines[at]))
    }
    for pair in range(0, len(columns.starts), width):
        here = {at: found[pair : pair + width] for at, found in parts.items() if any(found[pair : pair + width])}
        rows = [at for at, cells in here.items() if cells[columns.symbol]]
        pitch = _pitch([lines[at] for at in rows])
        wrapped: dict[int, list[int]] = defaultdict(list)
        for at, cells in here.items():
            only_here = not any(parts[at][:pair]) and not any(parts[at][pair + width :])
            a_piece = only_here and not cells[columns.symbol] and columns.holds_texts(lines[at])
            if account.roles[at] is Role.REJECTED and a_piece:
                near = [row for row in rows if abs(_height(lines[row]) - _height(lines[at])) < _WRAPPED * pitch]
                if len(near) == 1:
                    wrapped[near[0]].append(at)
        for row, pieces in wrapped.items():
            if len(pieces) > 1 or any(here[row][at] is None and here[pieces[0]][at] is None for at in range(width)):
                continue
            whole: Cells = [
                " ".join(filter(None, cells))
                for cells in zip(*(here[at] for at in sorted([row, *pieces])), strict=True)
            ]
            others = [cell for at, cell in enumerate(parts[row]) if not pair <= at < pair + width]
            if columns.misfit(whole) or (account.cells[row] is None and any(others)):
                continue
            cells = account.cells[row] or [None] * len(columns.starts)
            account.roles[row], account.cells[row] = Role.ROW, [*cells[:pair], *whole, *cells[pair + width :]]
            account.roles[pieces[0]], account.cells[pieces[0]] = Role.ROW, [None] * len(columns.starts)


def _is_industry(line: Line) -> bool:
    """Whether a line says a sector or industry, and nothing else."""
    return words_of.plain(line.text) in words_of.plain_classifications()


def _is_prose(line: Line) -> bool:
    return sum(has_lower_case(word.text) for word in line.words) >= max(4, 0.5 * len(line.words))
