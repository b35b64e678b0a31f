"""Findings on landing files of the market: a few sentences for each file, however many of its rows are wrong."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.files.kinds import MARKET_KINDS, read_in
from russell_pipeline.market.files.model import AREA, Blocks
from russell_pipeline.market.files.other_formats import advised, table_advice
from russell_pipeline.wording import counted

# What a row that is set aside costs.
EFFECTS = {
    Blocks.SYMBOL_AND_DAY: "the close of that symbol and day is blocked",
    Blocks.CURRENCY_AND_DAY: "the rate of that currency and day is blocked",
    Blocks.SYMBOL: "every index that holds the symbol is blocked",
    Blocks.FILE: "all that rests on the file is blocked",
    Blocks.NOTHING: "the row is left out",
    Blocks.FORMER: "the former row counts",
}


def file_findings(files: pl.DataFrame, blocks: pl.DataFrame, corrections: pl.DataFrame) -> Iterator[Finding]:
    """The findings on the rows of `landing_files`, `market_blocks` and `market_corrections`.

    Faults in files of landing/reference are reported where membership reads them, and files of which former rows stay with the
    levels that rest on these.
    """
    files = files.filter(pl.col("kind").is_null() | pl.col("kind").is_in(MARKET_KINDS))
    blocks = blocks.filter(pl.col("kind").is_in(MARKET_KINDS))
    for row in files.sort("path").iter_rows(named=True):
        if row["state"] == "unread":
            folder = row["path"].partition("/")[0]
            says = f"{row['path']} is not read: {advised(read_in(folder), table_advice(row['file']))}"
            yield Finding(AREA, "warning", row["path"], says)
        if row["reason"] and not row["kept"]:
            yield Finding(AREA, "error", row["file"], f"{row['reason']}; it is not read")
        for note in row["notes"]:
            yield Finding(AREA, note["severity"], row["file"], note["message"], line=note["line"])
    yield from _set_aside(blocks)
    yield from _conflicts(blocks)
    yield from _corrected(corrections)
    yield from _simulated(files)


def _set_aside(blocks: pl.DataFrame) -> Iterator[Finding]:
    """One finding for each file, rule and effect: the first row, and how many more there are."""
    aside = pl.col("part").is_null() & pl.col("row").is_not_null() & (pl.col("blocks") != Blocks.FORMER.value)
    rows = blocks.filter(aside)
    for (file, rule, effect), ones in rows.group_by("file", "rule", "blocks", maintain_order=True):
        first, skipped = ones.row(0, named=True), rule == "skipped"
        says = f"{first['sentence']}{_alike(ones.height - 1)}; {EFFECTS[Blocks(str(effect))]}"
        yield Finding(AREA, "info" if skipped else "error", str(file), says, line=first["row"])


def _alike(more: int) -> str:
    return (
        f" ({more:,} more row{'s' if more > 1 else ''} of the file {'are' if more > 1 else 'is'} alike)" if more else ""
    )


def _conflicts(blocks: pl.DataFrame) -> Iterator[Finding]:
    """One finding for each kind and set of files that contradict each other; then idle overrides and repeated rows."""
    sides = blocks.filter(rule="conflict")
    keys = sides.group_by("kind", "part", "key", maintain_order=True).agg(
        pl.col("file").unique().sort().str.join(" and ").alias("files"),
        *(pl.col(name).first() for name in ("sentence", "row", "blocks")),
    )
    for (_, files), ones in keys.group_by("kind", "files", maintain_order=True):
        first, more = ones.row(0, named=True), ones.height - 1
        also = f" ({more:,} more key{'s' if more > 1 else ''} of these files alike)" if more else ""
        yield Finding(
            AREA,
            "error",
            str(files),
            f"{first['sentence']}{also}; {EFFECTS[Blocks(first['blocks'])]}",
            line=first["row"],
        )
    for row in blocks.filter(rule="override").iter_rows(named=True):
        yield Finding(AREA, "warning", row["kind"], row["sentence"])
    for (file,), ones in blocks.filter(rule="repeated").group_by("file", maintain_order=True):
        yield Finding(
            AREA, "warning", str(file), f"{ones['sentence'][0]}{_alike(ones.height - 1)}", line=ones["row"][0]
        )


def _corrected(corrections: pl.DataFrame) -> Iterator[Finding]:
    """One finding for each file and day on which published values changed."""
    ordered = corrections.sort("ordinal").with_columns(pl.coalesce("new_file", "former_file").alias("file"))
    for (file, known_on), ones in ordered.group_by("file", "known_on", maintain_order=True):
        first, more = ones.row(0, named=True), ones.height - 1
        was = first["former"] or ("missing" if first["late"] else "withdrawn")
        now, also = first["new"] or "withdrawn", f", and {more:,} more" if more else ""
        yield Finding(AREA, "info", str(file), f"corrected on {known_on}: {first['key']} was {was} and is {now}{also}")


def correction_sentences(corrections: pl.DataFrame) -> Iterator[str]:
    """Sentences on rows of `market_corrections`, by file: on other values, on rows that came late, and on rows that are gone."""
    by_file = corrections.sort("ordinal").with_columns(file=pl.coalesce("new_file", "former_file"))
    gone, late = pl.col("new").is_null(), pl.col("former").is_null() & pl.col("late")
    for (file,), ones in by_file.group_by("file", maintain_order=True):
        if (rows := ones.filter(~gone & ~late)).height:
            was, now = rows["former"][0] or "withdrawn", rows["new"][0]
            yield f"{file}: {counted(rows.height, 'correction')}: {rows['key'][0]} was {was} and is {now}{_more(rows)}"
        if (rows := ones.filter(late)).height:
            of = counted(rows.height, "row", "rows")
            yield f"{file}: {of} of days already published: {rows['key'][0]} is {rows['new'][0]}{_more(rows)}"
        if (rows := ones.filter(gone)).height:
            yield f"{file} no longer gives {counted(rows.height, 'row')}: {rows['key'][0]} was {rows['former'][0]}{_more(rows)}"


def _more(rows: pl.DataFrame) -> str:
    return f", and {rows.height - 1:,} more" if rows.height > 1 else ""


def _simulated(files: pl.DataFrame) -> Iterator[Finding]:
    """That files are of a simulated market, and a warning if they stand beside files of a real one."""
    fed = files.filter(pl.col("kind").is_not_null() & (pl.col("parts").list.len() > 0))
    for (kind,), ones in fed.group_by("kind", maintain_order=True):
        simulated = ones.filter("simulated")
        if not simulated.is_empty():
            yield Finding(
                AREA,
                "info",
                str(kind),
                f"{kind}: {counted(simulated.height, 'file is', 'files are')} of a simulated market",
            )
        if 0 < simulated.height < ones.height:
            real = ones.filter(~pl.col("simulated"))["file"][0]
            yield Finding(
                AREA, "warning", str(kind), f"{kind}: files of a simulated market stand beside others, such as {real}"
            )
