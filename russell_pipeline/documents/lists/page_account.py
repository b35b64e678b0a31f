"""Lists: gives every line of one page a role, from its text, its cells and its position on the page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.lists.columns import SYMBOL, Cells, Columns, go_on, has_lower_case, is_row_like
from russell_pipeline.documents.lists.constants import (
    FEW_ROWS,
    FOOT_LINES,
    HEAD_LINES,
    PARAGRAPH_GAP,
    TABLE_GAP,
    USUAL_PITCH,
    WRAPPED,
)
from russell_pipeline.documents.model import Line, Note, Page, Role
from russell_pipeline.documents.prose import RunningKey, running_key
from russell_pipeline.documents.text import text_line

_UNKNOWN = "it is neither a row nor anything that lists are known to carry"


@dataclass(slots=True)
class PageAccount:
    """Roles and cells for the lines of one page, until `apply` writes them to the lines.

    `reasons` says why a line did not divide into cells; its keys and those in `edges` are positions of lines on the page.
    `edges` are lines that count as titles above the table and as footers below it. `feet` are footers on the ends of rows,
    `columns` those of the last header of the page.
    """

    roles: list[Role | None]
    cells: list[Cells | None]
    reasons: dict[int, str] = field(default_factory=dict)
    edges: set[int] = field(default_factory=set)
    feet: dict[int, str] = field(default_factory=dict)
    columns: Columns | None = None

    @property
    def rejected(self) -> int:
        """The number of unrecognised lines."""
        return self.roles.count(Role.REJECTED)

    @property
    def rows(self) -> int:
        """The number of lines with rows."""
        return self.roles.count(Role.ROW)

    @property
    def table(self) -> list[int]:
        """The lines that are rows or rejected."""
        return [at for at, role in enumerate(self.roles) if role in (Role.ROW, Role.REJECTED)]

    @property
    def ends_in_legal(self) -> bool:
        """Whether legal text may go on at the top of the next page."""
        return next(
            (role is Role.LEGAL for role in reversed(self.roles) if role not in (Role.FOOTER, Role.BLANK)), False
        )

    def apply(self, page: Page) -> Iterator[Note]:
        """Write roles and cells to the page's lines; yields an error note for each rejected line."""
        for at, line in enumerate(page.lines):
            line.role, line.cells, line.foot = self.roles[at], self.cells[at], self.feet.get(at, "")
            if line.role is Role.REJECTED:
                yield unrecognised_line(line, self.reasons.get(at, _UNKNOWN))


def unrecognised_line(line: Line, reason: str) -> Note:
    """The error note on an unrecognised line, with the reason."""
    return Note("error", f"{line.text.strip()[:120]!r} is not recognised: {reason}", line.page, line.number)


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
    """The account of a page whose rows are divided by `columns` until a header of the page replaces them.

    `imposed` columns, of a PDF, also outlast a header with the same kinds of columns; wrapped cells are joined with their rows.
    `legal` says that the previous page ended in legal text, which continues unless this page has a header. `headers` are the
    result of `headers_of`, `running` that of `running_lines`. A PDF page has no rows above its first header, nor has a text page
    unless the list has `begun` on an earlier page.
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
                columns = headers[at]
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
    account.columns = columns
    _settle_the_rest(account, lines, positioned, columns, running)
    if columns is not None and imposed and not columns.ragged and account.rejected:
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
    """Set the role of a line if its own words decide it. Returns whether legal text has begun.

    Cells at known places are looked for before furniture. Cells that are recognised only by their content are looked for after
    it: "MEMBERSHIP LIST" would pass for a company with the symbol LIST. Within a paragraph of legal text, only the foot of the
    page and running lines have another role.
    """
    line = lines[at]
    first_cells = columns is not None and columns.mode != "anchored" and not legal
    if first_cells and _is_row(account, at, line, columns):
        return legal
    if first_cells and _is_row_with_foot(account, at, line, columns):
        return vocabulary.begins_legal_text(account.feet[at])
    furniture = vocabulary.furniture(line.text)
    at_foot = furniture == "footer" and line.y is not None and at + 1 == len(lines)
    if legal and not at_foot and _goes_on(account, lines, at):
        furniture = None
    if furniture == "edge" and not vocabulary.begins_legal_text(line.text):
        account.roles[at] = Role.FOOTER
        account.edges.add(at)
    elif furniture and furniture != "edge":
        account.roles[at] = Role(furniture)
    elif legal and _is_running(line, running):
        account.roles[at] = Role.FOOTER
    elif not legal and not furniture and _is_row_with_foot(account, at, line, columns):
        return vocabulary.begins_legal_text(account.feet[at])
    elif legal or vocabulary.begins_legal_text(line.text):
        account.roles[at] = Role.LEGAL
        return True
    elif not first_cells:
        _is_row(account, at, line, columns)
    return legal


def _goes_on(account: PageAccount, lines: Sequence[Line], at: int) -> bool:
    """Whether a line continues the paragraph of legal text above it."""
    if not at or account.roles[at - 1] is not Role.LEGAL:
        return False
    above, line = lines[at - 1], lines[at]
    return above.y is None or line.y is None or above.y - line.y < PARAGRAPH_GAP


def running_lines(pages: Iterable[Page]) -> frozenset[RunningKey]:
    """The keys of lines at the head or foot of at least two pages of a PDF, at the same height and the same but for numbers."""
    count = Counter(
        key
        for page in pages
        for key in {running_key(line) for line in [*page.lines[:HEAD_LINES], *page.lines[-FOOT_LINES:]] if line.y}
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


def _is_row_with_foot(account: PageAccount, at: int, line: Line, columns: Columns | None) -> bool:
    """Whether a line of a text is a row with the footer of the page on its end, as text copied from a viewer has it.

    There must be one place where the footer may begin. A number alone is none: it may be a cell.
    """
    found: list[tuple[Cells, str]] = []
    for word in line.words[2:] if columns and line.y is None else ():
        placed = columns.place(text_line(line.page, line.number, line.text[: int(word.x)])) if columns else None
        foot = line.text[int(word.x) :].strip()
        legal = foot.lower().startswith(("©", "copyright")) and vocabulary.begins_legal_text(foot)
        if isinstance(placed, list) and not foot.isdecimal() and (legal or vocabulary.furniture(foot)):
            found.append((placed, foot))
    if len(found) == 1:
        account.roles[at] = Role.ROW
        account.cells[at], account.feet[at] = found[0]
    elif found:
        account.reasons[at] = "its row and the footer on its end cannot be told apart"
    return len(found) == 1


def _settle_the_rest(
    account: PageAccount,
    lines: Sequence[Line],
    positioned: bool,
    columns: Columns | None,
    running: Container[RunningKey],
) -> None:
    """Set the roles that the words of a line leave open, from its surroundings.

    Lines above the table are titles. Below it, prose is legal text, and other lines are footers if a gap separates them from
    the table. A line that is no row is rejected if it is within or next to the table, or below it and reads as a row, so that
    no row is lost silently.
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
    """Whether a line is a letter that heads the names below it, as in an alphabetical list.

    All names down to the next single letter begin with it, and those of the row above do not. A single letter may also be the
    wrapped end of a name: then it is closer to the line above than any two rows are to each other.
    """
    letter = lines[at].text.strip()
    if columns is None or len(letter) != 1 or lines[at].words[0].x >= columns.starts[columns.symbol]:
        return False
    rows = [i for i, role in enumerate(account.roles) if role is Role.ROW]
    least = min((_height(lines[i]) - _height(lines[j]) for i, j in pairwise(rows)), default=0.0)
    if _height(lines[at - 1]) - _height(lines[at]) < WRAPPED * least:
        return False

    def initials(i: int) -> set[str]:
        cells = account.cells[i] or []
        return {name[0] for name in cells[columns.company :: len(columns.fields)] if name}

    above = next((initials(i) for i in reversed(rows) if i < at), set())
    end = next((i for i in range(at + 1, len(lines)) if len(lines[i].text.strip()) == 1), len(lines))
    below = [initials(i) for i in rows if at < i < end]
    return letter not in above and bool(below) and all(found == {letter} for found in below)


def _is_note(account: PageAccount, lines: Sequence[Line], at: int, columns: Columns | None) -> bool:
    """Whether a line of a PDF below the table is a sentence or the end of one.

    Its words run on across all columns, in lower case, while all rows of the page are in capitals.
    """
    if columns is None or not go_on(lines[at].words):
        return False
    rows = [cells for role, cells in zip(account.roles, account.cells, strict=True) if role is Role.ROW and cells]
    if not all(map(columns.in_capitals, rows)):
        return False
    goes_on = account.roles[at - 1] is Role.LEGAL and _goes_on(account, lines, at)
    return _is_prose(lines[at]) or (goes_on and any(has_lower_case(word.text) for word in lines[at].words))


def _settle_without_table(
    account: PageAccount, lines: Sequence[Line], columns: Columns | None, running: Container[RunningKey]
) -> None:
    """Set the open roles of a page without rows or headers: a cover (if no columns are known yet) or legal text.

    Other lines are rejected, as nothing is known about them.
    """
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
    """Whether a line of a text file, right below a row, is in capitals as company names are, or holds a symbol."""
    below = at > 0 and roles[at - 1] in (Role.ROW, Role.REJECTED) and lines[at].y is None
    capitals = lines[at].text.upper() == lines[at].text != lines[at].text.lower()
    return below and (capitals or any(SYMBOL.fullmatch(word.text) for word in lines[at].words[1:]))


def _is_near_row(roles: Sequence[Role | None], lines: Sequence[Line], at: int, pitch: float) -> bool:
    """Whether a line of a PDF is closer to a row than rows are to each other: "PUBLIC" may begin a name, "REVIEW" end one."""
    rows = [lines[i] for i in (at - 1, at + 1) if i < len(lines) and roles[i] in (Role.ROW, Role.REJECTED, None)]
    return lines[at].y is not None and any(abs(_height(row) - _height(lines[at])) < WRAPPED * pitch for row in rows)


def _begins(roles: Sequence[Role | None], lines: Sequence[Line], at: int) -> bool:
    """Whether a line may begin something new: False only in a text file, right below legal text."""
    return lines[at].y is not None or roles[at - 1] is not Role.LEGAL


def _between_pages(roles: Sequence[Role | None], lines: Sequence[Line], at: int) -> bool:
    """Whether a header of a text file follows before the next row: lines between the two pages are furniture."""
    following = next((i for i in range(at + 1, len(roles)) if roles[i] in (Role.ROW, Role.HEADER)), None)
    return following is not None and roles[following] is Role.HEADER and lines[following].y is None


def _above(lines: Sequence[Line], roles: Sequence[Role | None], at: int) -> Line:
    """The nearest line above that is a row, a header or rejected."""
    return next(lines[i] for i in range(at - 1, -1, -1) if roles[i] in (Role.ROW, Role.HEADER, Role.REJECTED))


def _pitch(rows: Sequence[Line]) -> float:
    gaps = [above.y - below.y for above, below in pairwise(rows) if above.y and below.y]
    return median(gaps) if gaps else USUAL_PITCH


def _joins(line: Line, other: Line, pitch: float) -> bool:
    """Whether a line is close enough to a line of the table to belong to it."""
    return line.y is not None and other.y is not None and abs(line.y - other.y) <= TABLE_GAP * pitch


def _join_wrapped(account: PageAccount, lines: Sequence[Line], columns: Columns) -> None:
    """Join wrapped cells with their rows, in a list of one pair of columns.

    A rejected line without a symbol holds the rest (or the beginning) of the cells of the one row that it is closer to than
    rows are to each other, if the two make a whole row. The line becomes a row with only empty cells.
    """
    printed = {at: parts for at in account.table if (parts := columns.parts(lines[at]))}
    rows = [at for at, cells in printed.items() if cells[columns.symbol]]
    pitch = _pitch([lines[at] for at in rows])
    pieces: dict[int, list[int]] = defaultdict(list)
    for at in sorted(printed.keys() - rows) if columns.pairs == 1 and len(rows) >= FEW_ROWS else ():
        near = [row for row in rows if abs(_height(lines[row]) - _height(lines[at])) < WRAPPED * pitch]
        if len(near) == 1 and columns.holds_texts(lines[at]):
            pieces[near[0]].append(at)
    for row, [piece, *more] in pieces.items():
        both = zip(*(printed[at] for at in sorted((row, piece))), strict=True)
        whole: Cells = [" ".join(filter(None, cells)) or None for cells in both]
        if not (more or None in whole or columns.row_fault(whole)):
            account.roles[row], account.cells[row] = Role.ROW, whole
            account.roles[piece], account.cells[piece] = Role.ROW, [None] * len(whole)


def _is_industry(line: Line) -> bool:
    """Whether a line consists of the name of a sector or industry."""
    return vocabulary.plain(line.text) in vocabulary.plain_classifications()


def _is_prose(line: Line) -> bool:
    return sum(has_lower_case(word.text) for word in line.words) >= max(4, 0.5 * len(line.words))
