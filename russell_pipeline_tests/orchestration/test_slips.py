"""Slips in landing files: what was published stays to the bit, the slip is told, and a mended file goes on."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from click.testing import CliRunner

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.cli import main as russell
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.findings import findings_now
from russell_pipeline.steps.market import accept
from russell_pipeline_tests.conftest import Once, table_bytes
from russell_pipeline_tests.orchestration.markets import (
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

SESSIONS = nyse_sessions().between(date(2025, 6, 18), date(2025, 7, 11))
TODAY = date(2025, 7, 14)
PUBLISHED = ("index_levels", "weights", "divisor_events", "index_restatements", "stale_prices")
NAMES = ("AAA", "BBB", "CCC")
ANOTHER = "market/closes_new.csv"


def _closes(symbol: str, number: int) -> float:
    return 100.25 + 3 * NAMES.index(symbol) + number * (NAMES.index(symbol) + 1) / 4


def _table(header: str, *rows: object) -> str:
    return "\n".join([header, *map(str, rows)]) + "\n"


def _good() -> dict[str, str]:
    """Every kind of file that levels follow from: three names of two legs in two currencies, each with an event."""
    days = [str(day) for day in SESSIONS[:-1]]
    currency = {"AAA": "USD", "BBB": "CAD", "CCC": "USD"}
    closes = [
        f"{day},{name},{_closes(name, number)},{currency[name]}"
        for number, day in enumerate(days)
        for name in NAMES
        if not (name == "CCC" and "2025-06-24" <= day < "2025-06-26")
    ]
    return {
        "market/closes.csv": _table("date,symbol,close,currency", *closes),
        "market/fx.csv": _table(
            "date,currency,rate", *(f"{day},CAD,{0.7 + n / 1000}" for n, day in enumerate(SESSIONS))
        ),
        "market/actions.csv": _table(
            "symbol,date,action,new,old,amount,price,to_symbol",
            "AAA,2025-06-23,ordinary_dividend,,,0.25,,",
            "AAA,2025-06-23,ordinary_dividend,,,0.125,,",
            "BBB,2025-06-27,special_dividend,,,1.25,,",
            "AAA,2025-07-01,rights,1,4,,50.5,",
            "BBB,2025-07-02,shares,,,2500.5,,",
            "CCC,2025-07-08,special_dividend,,,1.75,,",
        ),
        "components/L/2025-06-18.csv": _table(
            "symbol,shares,free_float,style_weight", "AAA,1000,0.95,1", "BBB,2000,0.55,1", "CCC,1500,0.75,0.85"
        ),
        "components/S/2025-06-18.csv": _table(
            "symbol,shares,free_float,style_weight", "AAA,1000,0.95,0.25", "BBB,2000,0.55,0.15", "CCC,1500,0.75,0.15"
        ),
        "reference/suspensions.csv": _table(
            "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market",
            "CCC,2025-06-24,2025-06-26,2025-06-25,",
            "DDD,2025-06-24,2025-06-27,2025-06-25,",
        ),
        "indexes/QX.yaml": (
            "code: QX\nname: Q\ncurrency: USD\nbase: {date: 2025-06-18, value: 1000}\n"
            "legs:\n  - {component: L, units: 9}\n  - {component: S, units: -1}\n"
            "policies: {short_only_names: net}\n"
        ),
    }


def _tomorrow() -> str:
    """A file with one more session."""
    day, number = str(SESSIONS[-1]), len(SESSIONS) - 1
    rows = (f"{day},{name},{_closes(name, number)},{'CAD' if name == 'BBB' else 'USD'}" for name in NAMES)
    return _table("date,symbol,close,currency", *rows)


Slip = Callable[[str], str | bytes | None]


def _dates(order: str) -> Slip:
    def slip(text: str) -> str:
        for day in sorted({*SESSIONS, date(2025, 6, 28)}):
            text = text.replace(str(day), f"{day:{order}}")
        return text

    return slip


def _header(old: str, new: str) -> Slip:
    return lambda text: text.replace(old, new, 1)


def _without(column: int) -> Slip:
    return lambda text: _table(
        *(",".join(cell for place, cell in enumerate(line.split(",")) if place != column) for line in text.splitlines())
    )


def _half(text: str) -> str:
    lines = text.splitlines()
    return _table(lines[0], *lines[1 : 1 + (len(lines) - 1) // 2])


def _decimal_commas(text: str) -> str:
    return "\n".join(
        ",".join(f'"{cell.replace(".", ",")}"' if "." in cell else cell for cell in line.split(","))
        for line in text.splitlines()
    )


def _thousands(text: str) -> str:
    head, *rows = text.splitlines()
    cells = (
        [f'"{float(cell) * 1e7:,.2f}"' if cell.replace(".", "").isdigit() else cell for cell in row.split(",")]
        for row in rows
    )
    return _table(head, *map(",".join, cells))


FILES: Mapping[str, Slip] = {
    "US dates": _dates("%m/%d/%Y"),
    "European dates": _dates("%d.%m.%Y"),
    "semicolons": lambda text: text.replace(",", ";"),
    "semicolons and decimal commas": lambda text: text.replace(",", ";").replace(".", ","),
    "tabs": lambda text: text.replace(",", "\t"),
    "decimal commas": _decimal_commas,
    "thousands separators": _thousands,
    "a column renamed": lambda text: text.replace("symbol", "ticker", 1).replace("currency,rate", "ccy,rate", 1),
    "the last column missing": lambda text: _without(text.splitlines()[0].count(","))(text),
    "the first column missing": _without(0),
    "empty": lambda _: "",
    "a header only": lambda text: text.splitlines()[0] + "\n",
    "the first half": _half,
    "cut in the middle of a line": lambda text: text[: len(text) // 2],
    "the last line cut": lambda text: text.rstrip("\n")[:-1],
    "another file": lambda _: "name,value\none,1\n",
    "a folder": lambda _: None,
    "no text": lambda _: bytes(range(256)) * 9,
    "a workbook": lambda _: b"PK\x03\x04" + bytes(300),
    "Latin-1 rubbish in every symbol": lambda text: text.replace("AAA", "A\xc4A").replace("CAD", "C\xc4D").encode("latin-1"),
    "words for numbers": lambda text: text.replace(".", " point "),
}  # fmt: skip
# Slips that leave a file as good as it was: in a kind without days or fractions.
HARMLESS = {
    ("components/L/2025-06-18.csv", "US dates"), ("components/L/2025-06-18.csv", "European dates"),
    ("components/S/2025-06-18.csv", "US dates"), ("components/S/2025-06-18.csv", "European dates"),
    ("reference/suspensions.csv", "thousands separators"), ("reference/suspensions.csv", "decimal commas"),
    ("reference/suspensions.csv", "words for numbers"),
    ("reference/suspensions.csv", "the last line cut"), ("market/actions.csv", "the last line cut"),
    ("reference/suspensions.csv", "Latin-1 rubbish in every symbol"),
}  # fmt: skip
DEFINITIONS: Mapping[str, Slip] = {
    "not YAML": lambda text: text.replace("{component: L", "{component: L]"),
    "empty": lambda _: "",
    "binary": lambda _: b"\xff\xfe\x00\x01",
    "a folder": lambda _: None,
    "an unknown key": lambda text: text + "wieghts: 1\n",
    "component mistyped": lambda text: text.replace("component: L", "component: LL"),
    "short component mistyped": lambda text: text.replace("component: S", "component: SS"),
    "component key mistyped": lambda text: text.replace("component: L", "componet: L"),
    "leg key mistyped": lambda text: text.replace("legs:", "leg:"),
    "policy mistyped": lambda text: text.replace("short_only_names", "short_only_name"),
    "option mistyped": lambda text: text.replace("names: net", "names: nett"),
    "code mistyped": lambda text: text.replace("code: QX", "code: QY"),
    "units as a word": lambda text: text.replace("units: 9", "units: nine"),
    "base after all closes": lambda text: text.replace("date: 2025", "date: 2035"),
    "base no date": lambda text: text.replace("2025-06-18", "18.06.2025"),
}


class Landed(NamedTuple):
    """A lake and what it says."""

    lake: Lake

    def run(self, today: date = TODAY) -> list[str]:
        """Read, compute, and return the errors."""
        refresh_market(self.lake, today)
        publish_indexes(self.lake, today)
        self.lake.write("findings", findings_now(self.lake, date.today()))
        return self.lake.read("findings").filter(severity="error")["message"].to_list()

    def published(self) -> dict[str, list[tuple[object, ...]]]:
        """The rows of what is published, in order."""
        return {name: self.lake.read(name).sort(pl.all()).rows() for name in PUBLISHED}

    def land(self, path: str, content: str | bytes | None) -> None:
        """Put a file into landing, or a folder in its place."""
        place = self.lake.landing / path
        if place.is_dir():
            place.rmdir()
        place.unlink(missing_ok=True)
        place.mkdir() if content is None else land_market(self.lake, path, content)


@pytest.fixture(scope="module")
def in_order(once: Once) -> Path:
    """A lake with everything in order."""

    def make(root: Path) -> None:
        root.mkdir()
        landed = Landed(market_lake(root))
        for path, text in _good().items():
            landed.land(path, text)
        assert landed.run() == []
        assert landed.lake.read("index_levels").height == len(SESSIONS) - 1

    return once("slips_in_order", make)


@pytest.fixture(scope="module")
def a_day_later(once: Once, in_order: Path) -> Path:
    """The same lake with one more session."""

    def make(root: Path) -> None:
        shutil.copytree(in_order, root)
        landed = Landed(Lake(root))
        landed.land(ANOTHER, _tomorrow())
        assert landed.run() == []

    return once("slips_a_day_later", make)


@pytest.fixture
def landed(in_order: Path, tmp_path: Path) -> Landed:
    """A copy of the lake in order."""
    shutil.copytree(in_order, tmp_path / "lake")
    return Landed(Lake(tmp_path / "lake"))


MARKET = [path for path in _good() if not path.startswith("indexes")]
CASES = [
    *((path, name, FILES[name]) for path in MARKET for name in FILES if (path, name) not in HARMLESS),
    *(("indexes/QX.yaml", name, slip) for name, slip in DEFINITIONS.items()),
]
# Some of each in every suite, for files are read alike; all slips of definitions before a change lands, and of others at night.


def _marks(path: str, number: int) -> tuple[pytest.MarkDecorator, ...]:
    if path.startswith("indexes"):
        return () if number % 3 == 0 else (pytest.mark.faults,)
    return () if number % 11 == 0 else (pytest.mark.nightly,)


@pytest.mark.parametrize(
    ("path", "slip"),
    [
        pytest.param(path, slip, id=f"{path}, {name}", marks=_marks(path, number))
        for number, (path, name, slip) in enumerate(CASES)
    ],
)
def test_a_slip_withdraws_nothing_is_told_and_mended(path: str, slip: Slip, landed: Landed, a_day_later: Path) -> None:
    """Alone, together with a new day in another file, quiet on the next run, and mended."""
    before, good = landed.published(), _good()[path]
    landed.land(path, slip(good))
    said = landed.run()
    of_file = [message for message in said if path.split("/", 1)[1] in message]
    assert (of_file, "\n" in "".join(said)) == (said, False)
    assert len(said) == 1 or path.startswith("indexes")
    assert landed.published() == before
    levels = f"from {SESSIONS[0]} to {SESSIONS[-2]}" if path.startswith(("components", "indexes")) else "rest on them"
    assert any(levels in message or "all its levels rest" in message for message in said), said

    quiet = table_bytes(landed.lake.root)
    assert landed.run() == said
    assert table_bytes(landed.lake.root) == quiet

    landed.land(ANOTHER, _tomorrow())
    assert len(landed.run()) == len(said)
    later = Landed(Lake(a_day_later)).published()
    assert landed.published() == later

    landed.land(path, good)
    assert landed.run() == []
    assert landed.published() == later
    never = table_bytes(a_day_later)
    assert {file: data for file, data in table_bytes(landed.lake.root).items() if never.get(file) != data} == {}


@pytest.mark.parametrize("instead", ["nothing", "an empty folder", "a new volume", "a broken link"])
def test_a_landing_folder_that_is_not_there_withdraws_nothing(landed: Landed, instead: str) -> None:
    """A volume that is not mounted: every file is told, and once it is back nothing has changed."""
    before, everything = landed.published(), table_bytes(landed.lake.root)
    away = landed.lake.root / "away"
    landed.lake.landing.rename(away)
    if instead == "a broken link":
        landed.lake.landing.symlink_to("nowhere")
    elif instead != "nothing":
        landed.lake.landing.mkdir()
    if instead == "a new volume":
        (landed.lake.landing / "lost+found").mkdir()
    said = landed.run()
    assert all(any(path.split("/", 1)[1] in message for message in said) for path in MARKET)
    assert landed.published() == before
    if instead == "a broken link":
        landed.lake.landing.unlink()
    else:
        shutil.rmtree(landed.lake.landing, ignore_errors=True)
    away.rename(landed.lake.landing)
    assert landed.run() == []
    assert table_bytes(landed.lake.root) == everything


def test_slips_in_several_files_at_once_withdraw_nothing(landed: Landed) -> None:
    before = landed.published()
    for number, path in enumerate(MARKET):
        landed.land(path, [*FILES.values()][number](_good()[path]))
    landed.land("indexes/QX.yaml", "")
    assert len(landed.run()) >= 4
    assert landed.published() == before


def test_doubled_rows_are_the_rows_once(landed: Landed) -> None:
    before = landed.published()
    for path in MARKET:
        header, *rows = _good()[path].splitlines()
        landed.land(path, _table(header, *rows, *rows))
    assert landed.run() == []
    assert landed.published() == before


def test_a_broken_parquet_file_keeps_its_rows(landed: Landed) -> None:
    (landed.lake.landing / "market" / "closes.csv").unlink()
    buffer = io.BytesIO()
    pl.read_csv(io.StringIO(_good()["market/closes.csv"]), try_parse_dates=True).write_parquet(buffer)
    landed.land("market/closes.parquet", buffer.getvalue())
    assert landed.run() == []
    before = landed.published()
    landed.land("market/closes.parquet", buffer.getvalue()[:-40])
    assert len(landed.run()) == 1
    assert landed.published() == before


# --- what people mean, and what the run prints --------------------------------------------------------------------------


def _cut(landed: Landed) -> None:
    landed.land("market/actions.csv", _half(_good()["market/actions.csv"]))


def test_a_cut_file_that_is_meant_is_accepted_once(landed: Landed) -> None:
    _cut(landed)
    assert len(landed.run()) == 1
    assert landed.lake.read("actions").height == 6
    assert accept(landed.lake, "market/actions.csv") is None
    assert landed.run() == []
    assert landed.lake.read("actions").height == 3
    quiet = table_bytes(landed.lake.root)
    assert landed.run() == []
    assert table_bytes(landed.lake.root) == quiet
    assert (
        accept(landed.lake, "market/actions.csv")
        == "market/actions.csv counts as it is: no row of a former version stays"
    )
    # Only that version was meant: one that is cut again is damaged again.
    landed.land("market/actions.csv", _half(_half(_good()["market/actions.csv"])))
    assert len(landed.run()) == 1
    assert landed.lake.read("actions").height == 3


def test_an_emptied_file_can_be_accepted_and_one_that_cannot_be_read_cannot(landed: Landed) -> None:
    landed.land("market/actions.csv", "")
    assert accept(landed.lake, "market/actions.csv") is None
    assert landed.run() == []
    assert landed.lake.read("actions").is_empty()
    landed.land("market/closes.csv", "date;symbol;close\n")
    said = accept(landed.lake, "market/closes.csv")
    assert str(said).endswith("such a file cannot be accepted, mend it or remove it")
    assert accept(landed.lake, "market/no.csv") is not None


def test_rows_taken_out_of_the_middle_of_a_good_file_go(landed: Landed) -> None:
    lines = _good()["market/actions.csv"].splitlines()
    landed.land("market/actions.csv", _table(*lines[:3], *lines[4:]))
    assert landed.run() == []
    assert landed.lake.read("actions").height == 5
    assert landed.lake.read("market_corrections").select("symbol", "new").rows() == [("BBB", None)]


def test_a_new_bad_row_beside_a_former_one_blocks_as_it_did(landed: Landed) -> None:
    """The former row that is mangled counts; a new row that cannot be read blocks its symbol."""
    text = _good()["market/actions.csv"].replace("BBB,2025-06-27,special_dividend", "BBB,2025-06-27,specal_dividend")
    before = landed.published()
    landed.land("market/actions.csv", text)
    assert len(landed.run()) == 1
    assert landed.lake.read("market_blocks")["blocks"].to_list() == ["former"]
    landed.land("market/actions.csv", text + "BBB,2025-07-09,specal_dividend,,,1,,\n")
    assert any("row 8" in message for message in landed.run())
    assert landed.lake.read("market_blocks")["blocks"].to_list() == ["former", "symbol"]
    assert landed.published() == before


def test_a_removed_file_takes_its_rows_along(landed: Landed) -> None:
    _cut(landed)
    landed.run()
    (landed.lake.landing / "market" / "actions.csv").unlink()
    assert landed.run() == []
    assert landed.lake.read("actions").is_empty()


@pytest.mark.parametrize("name", ["US dates", "the first half", "cut in the middle of a line"])
@pytest.mark.parametrize("path", ["market/closes.csv", pytest.param("market/actions.csv", marks=pytest.mark.nightly)])
def test_a_run_that_is_killed_beside_a_damaged_file_is_repeated(
    path: str, name: str, landed: Landed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever write it does not reach: in the end the tables are those of an untroubled run."""
    landed.land(path, FILES[name](_good()[path]))
    shutil.copytree(landed.lake.root, tmp_path / "expected")
    expected = Landed(Lake(tmp_path / "expected"))
    refresh_market(expected.lake, TODAY)
    for survives in range(5):
        root = tmp_path / str(survives)
        shutil.copytree(landed.lake.root, root)
        left = [survives]

        def dying(self: Lake, *args: object, left: list[int] = left, write=Lake.write, **named: object) -> bool:  # type: ignore[no-untyped-def] # fmt: skip
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return bool(write(self, *args, **named))

        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(Lake, "write", dying)
            refresh_market(Lake(root), TODAY)
        Lake(root).sweep()
        refresh_market(Lake(root), TODAY)
        assert table_bytes(root) == table_bytes(expected.lake.root), f"killed after {survives} writes"


@pytest.mark.slow
def test_the_command_says_the_slip_exits_with_1_and_is_quiet_once_mended(tmp_path: Path) -> None:
    """Through the graph: the slip with the levels that rest on it, warnings that change numbers, what is gone."""
    landed = Landed(Lake(tmp_path))
    for path, text in _good().items():
        landed.land(path, text)

    def run(*more: str) -> tuple[int, str]:
        result = CliRunner().invoke(russell, ["--lake", str(tmp_path), "run", *more])
        return result.exit_code, result.stderr

    assert run()[0] == 0
    before = landed.published()
    _cut(landed)
    says = "actions.csv is cut short: it ends at row 4, and 3 rows followed; 3 rows of its last good version stay: the levels"
    code, said = run()
    assert (code, says in said) == (1, True), said
    quiet = table_bytes(tmp_path)
    assert (run()[0], says in run()[1], table_bytes(tmp_path) == quiet) == (1, True, True)
    assert landed.published() == before
    assert run("--accept", "market/closes.csv")[0] == 2
    code, said = run("--accept", "landing/market/actions.csv")
    assert (code, "actions.csv no longer gives 3 rows: " in said, "warning: QX: " in said) == (0, True, True), said
    code, said = run()
    assert (code, "warning" in said.replace("warning, ", "").replace(" warning;", "").split("findings:")[0]) == (
        0,
        False,
    ), said
    (landed.lake.landing / "indexes" / "QX.yaml").unlink()
    (landed.lake.landing / "market" / "actions.csv").unlink()
    code, said = run()
    assert (code, "gone from landing: market/actions.csv, and with it 3 rows" in said) == (0, True), said
    assert f"gone from landing: indexes/QX.yaml, and with it {len(SESSIONS) - 1} levels of QX" in said
    assert "were withdrawn" in said
    assert "gone" not in run()[1]
