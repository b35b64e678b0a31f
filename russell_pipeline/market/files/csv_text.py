"""A CSV file as text columns, many rows at a time: encodings, quotes, ragged rows. Cells are not interpreted here."""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import polars as pl

from russell_pipeline.errors import Refusal
from russell_pipeline.file_content import decode
from russell_pipeline.file_formats import format_of
from russell_pipeline.market.files.model import Limits
from russell_pipeline.wording import counted

_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[!?a-z]", re.IGNORECASE)
_HEAD = 1 << 16  # bytes
_BLOCK = 1 << 23  # bytes; what is in memory at once is a small multiple of it
_RECORD_LINES = 100  # a quoted field runs over no more lines than that

_ACCOUNT = ("row", "line", "fault", "says")
_FIELD = r'(?:"(?:[^"]|"")*"|[^",]*)'
_WELL_FORMED = rf"^{_FIELD}(?:,{_FIELD})*$"
_QUOTED = r'"[^"]*"'


class CsvText:
    """A CSV file as text: its encoding, its header and the line it is on, its rows. Raises Refusal if it is not a CSV file.

    Names in the header are stripped of blanks; a name that the file has twice is there twice.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        with path.open("rb") as file:
            head = file.read(_HEAD)
        _refuse_other_formats(head)
        self.encoding = _encoding(path)
        self.header_line, self.header = self._read_header()
        limits.check_columns(self.header)

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """These columns of the rows after the header, in order, without blank rows.

        Cells are stripped of blanks; empty ones are null. Line ends within a field become newlines. Added columns: `row`, the
        line of the file, of a record over several lines the first; `line`, the text of the row; `fault`, null, or `fields` or
        `quotes` if the row does not fit the header; `says`, the fault in words.
        """
        chosen = {str(self.header.index(column)): column for column in columns}
        number, rest = 1, ""
        for block in chain(self._blocks(_BLOCK), [None]):
            text = rest + (block or "")
            cut = len(text) if block is None else text.rfind("\n") + 1
            text, rest = text[:cut], text[cut:]
            if len(rest) > self._limits.line:
                after = number + text.count("\n") - 1
                raise Refusal(
                    f"is no CSV file: what follows line {after} is longer than {self._limits.line:,} characters"
                )
            if number > 2 * self._limits.rows:
                raise Refusal(f"has more than {2 * self._limits.rows:,} lines: split it by year")
            if text:
                lines = pl.Series("line", [text.removesuffix("\n")]).str.split("\n").explode()
                rows, done = _rows(lines, number, len(self.header), self._limits.rejected, last=block is None)
                yield rows.filter(pl.col("row") > self.header_line).select(*_ACCOUNT, *chosen).rename(chosen)
                number += done
                rest = "".join(f"{line}\n" for line in lines[done:]) + rest

    def _blocks(self, size: int) -> Iterator[str]:
        """The text, with all line ends as newlines."""
        decoder = io.IncrementalNewlineDecoder(getincrementaldecoder(self.encoding)(), translate=True)
        with self._path.open("rb") as file:
            try:
                for block in iter(lambda: file.read(size), b""):
                    yield decoder.decode(block)
                yield decoder.decode(b"", final=True)
            except UnicodeError as error:
                raise Refusal(f"looks like {self.encoding} text, but is not: {error}") from None

    def _read_header(self) -> tuple[int, list[str]]:
        for number, line in enumerate(next(self._blocks(_HEAD)).split("\n"), 1):
            if line.strip():
                return number, [name.strip() for name in _parsed(line) or line.split(",")]
        raise Refusal("is empty")


def _refuse_other_formats(head: bytes) -> None:
    if head.startswith(b"PAR1"):
        raise Refusal("is a Parquet file: name it .parquet")
    if head.startswith(b"%PDF"):
        raise Refusal("is a PDF, not a CSV file")
    if other := format_of(head):
        raise Refusal(f"is {other.name}, not a CSV file")
    if _MARKUP.match(head):
        raise Refusal("is markup (HTML or XML), not a CSV file")
    if b"\0" in head and not head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Refusal("is not text: it holds null bytes")


def _encoding(path: Path) -> str:
    """The encoding of a text: by its byte order mark, else UTF-8, else guessed around the first byte that is not UTF-8."""
    decoder = getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        for block in iter(lambda: file.read(_BLOCK), b""):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                start = block.rfind(b"\n", 0, max(error.start - 1, 0)) + 1
                return decode(block[start : start + _HEAD])[1]
    return "utf-8-sig"


class _Mended(NamedTuple):
    """A record that a split at commas does not give: the place of its first line, its text, its cells, and its fault."""

    place: int
    text: str
    cells: Sequence[str]
    fault: str | None = None
    says: str | None = None


def _rows(lines: pl.Series, first: int, width: int, tolerated: int, *, last: bool) -> tuple[pl.DataFrame, int]:
    """The rows in these lines, and how many lines were used: a record may go on in lines that are still to come."""
    names = [str(place) for place in range(width)]
    frame = pl.DataFrame({"place": pl.int_range(len(lines), eager=True), "line": lines})
    quoted = pl.col("line").str.contains('"', literal=True)
    plain, rest = frame.filter(~quoted), frame.filter(quoted)
    commas = pl.col("line").str.replace_all(_QUOTED, "").str.count_matches(",", literal=True)
    fits = pl.col("line").str.contains(_WELL_FORMED) & (commas == width - 1)
    regular, irregular = rest.filter(fits), rest.filter(~fits)

    mended, absorbed, used = _mend(lines, irregular, width, tolerated, last=last)
    parts = [_split(plain, names), _unquoted(regular, names), _padded(mended, names)]
    rows = (
        pl.concat(parts)
        .filter(pl.col("place") < used, pl.col("line").str.contains(r'[^\s,"]'))
        .filter(~pl.col("place").is_in(absorbed))
        .sort("place")
    )
    return rows.select(
        (pl.col("place") + first).alias("row"),
        pl.col(names).str.strip_chars().replace("", None),
        "line",
        "fault",
        "says",
    ), used


def _split(plain: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    count = pl.col("line").str.count_matches(",", literal=True) + 1
    wrong = count != len(names)
    return plain.with_columns(
        pl.col("line").str.split_exact(",", len(names) - 1).struct.rename_fields(names).struct.unnest(),
        pl.when(wrong).then(pl.lit("fields")).alias("fault"),
        pl.when(wrong).then(pl.format("has {} fields where the header has {}", count, len(names))).alias("says"),
    )


def _unquoted(regular: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    text = "\n".join(regular["line"]).encode()
    cells = pl.read_csv(
        io.BytesIO(text), has_header=False, schema=dict.fromkeys(names, pl.String), raise_if_empty=False
    )
    none = pl.lit(None, pl.String)
    return regular.hstack(cells).with_columns(none.alias("fault"), none.alias("says"))


def _padded(mended: Sequence[_Mended], names: Sequence[str]) -> pl.DataFrame:
    width = len(names)
    cells = [[*record.cells[:width], *[None] * (width - len(record.cells))] for record in mended]
    return pl.DataFrame(
        [
            (record.place, record.text, *row, record.fault, record.says)
            for record, row in zip(mended, cells, strict=True)
        ],
        schema={"place": pl.Int64, **dict.fromkeys(["line", *names, "fault", "says"], pl.String)},
        orient="row",
    )


def _mend(
    lines: pl.Series, irregular: pl.DataFrame, width: int, tolerated: int, *, last: bool
) -> tuple[list[_Mended], list[int], int]:
    """Records from lines whose quotes do not pair, or that have another number of fields than the header.

    A record may run over several lines, from one with an odd number of quotes to the next such line. If the lines together are
    not a record, only the first is set aside. Also returns the lines that continue a record, and how many lines were used. Raises
    Refusal if more records are set aside than are tolerated.
    """
    odd = irregular.filter(pl.col("line").str.count_matches('"', literal=True) % 2 == 1)["place"].to_list()
    mended: list[_Mended] = []
    absorbed: list[int] = []
    end = faults = following = 0
    for place, line in irregular.select("place", "line").iter_rows():
        while following < len(odd) and odd[following] < place:
            following += 1
        if place < end:
            continue
        text, says = line, "has quotes within a field"
        if following < len(odd) and odd[following] == place:
            says = "has a quote that is not closed"
            partner = odd[following + 1] if following + 1 < len(odd) else len(lines)
            near = partner - place <= _RECORD_LINES
            if near and partner == len(lines) and not last:
                return mended, absorbed, place
            text = "\n".join(lines[place : partner + 1]) if near else line
        cells = _parsed(text)
        if cells is not None and len(cells) == width:
            end = place + 1 + text.count("\n")
            absorbed += range(place + 1, end)
            mended.append(_Mended(place, text, cells))
            continue
        faults += 1
        if faults > tolerated:
            raise Refusal(f"has more than {tolerated:,} rows that do not fit its header")
        if cells is None or text != line:
            mended.append(_Mended(place, line, (), "quotes", says))
        else:
            says = f"has {counted(len(cells), 'field')} where the header has {width}"
            mended.append(_Mended(place, line, cells, "fields", says))
    return mended, absorbed, len(lines)


def _parsed(text: str) -> list[str] | None:
    """The cells of one record, None if the text is not one record."""
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None
