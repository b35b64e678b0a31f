"""Hostile files of every kind beside good ones, run after run: `python -m benchmarks.soak --minutes 20 --seed 1`.

A first run has the good files alone. Each further one lands one more session of closes and a handful of hostile files, of which
those of the last runs stay. It fails where a run says more than sentences, where something good is not published, or where the
process of the run, without its readers, takes more memory than MOST.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.runs import LANDED
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.queries import catalog as query
from russell_pipeline_tests.documents.pdf.test_page_trees import _TREES as TREES
from russell_pipeline_tests.layouts import BAD_FILES
from russell_pipeline_tests.market.files.hostile_parquet import HOSTILE_PARQUET, ONE_CLOSE
from russell_pipeline_tests.test_yaml_text import HOSTILE as HOSTILE_YAML

MOST = 400_000_000  # bytes of the process of a run, without the pages of libraries, which the system shares
FIRST, LAST = date(2015, 1, 2), date(2026, 11, 20)
INDEX = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\n"
A_ROUND, STAY = 6, 40  # hostile files
NAMES = ("a\nb", "\x1b[31mred", "\u202egpj", "=cmd", "`|a|`", "a b", "\u00fc" * 40, "..a")
# Not of actions: a file of these that nobody can read may hold one of a held name, so levels wait until it is mended or gone.
HEADS = {"closes": "date,symbol,close", "fx": "date,currency,rate"}
REFERENCE = ("overrides", "suspensions", "symbol_changes", "offerings")


class Run(NamedTuple):
    """What became of one run: its exit code, what it printed to standard error, its seconds and its memory at most, in bytes.

    `memory` is its own, `resident` that with the pages of libraries.
    """

    code: int
    said: str
    seconds: float
    memory: int
    resident: int

    def __str__(self) -> str:
        megabytes = f"{self.memory / 1e6:.0f} MB, with libraries {self.resident / 1e6:.0f} MB"
        return f"exit {self.code}, {self.seconds:.1f} s, {megabytes}"


def main() -> None:
    """Runs until the minutes are over; exits with 1 at the first fault."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=20)
    arguments.add_argument("--seed", type=int, default=1)
    told = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faults = soak(Path(folder) / "lake", told.minutes * 60, random.Random(told.seed))
    sys.exit(faults)


def soak(lake: Path, seconds: float, chance: random.Random) -> str | None:
    """The first fault of runs that go on for some seconds, or None."""
    until, kinds, landed = time.monotonic() + seconds, Kinds(lake / "landing", chance), deque[Path]()
    most, number, hostile, nights = 0, 0, 0, good(lake)
    next(nights)
    alone = run(lake)
    print(f"the good files alone: {alone}", flush=True)
    for number, days in enumerate(nights, 1):
        for _ in range(A_ROUND):
            landed.append(kinds.land(f"h{hostile}"))
            hostile += 1
        while len(landed) > STAY:
            remove(landed.popleft())
        done = run(lake)
        most = max(most, done.memory)
        fault = wrong(lake, done, days)
        print(f"run {number}: {hostile} hostile files, {done}", flush=True)
        if fault:
            print(done.said, file=sys.stderr)
            return f"run {number}: {fault}; {', '.join(file.name for file in list(landed)[-A_ROUND:])}"
        if time.monotonic() > until:
            break
    print(f"{number} runs beside {hostile} hostile files: everything good was published, at most {most / 1e6:.0f} MB")
    return None


def good(lake: Path) -> Iterator[list[date]]:
    """Land what is good: documents, an index and one more session of its closes each time; the sessions so far."""
    landing = lake / "landing"
    shutil.copytree(LANDED, landing / "documents")
    for name in ("market", "indexes", "components/L", "reference"):
        (landing / name).mkdir(parents=True)
    days = nyse_sessions().between(FIRST, LAST)
    (landing / "indexes" / "QX.yaml").write_text(f"{INDEX}base: {{date: {days[0]}, value: 1000}}\n")
    (landing / "components" / "L" / f"{days[0]}.csv").write_text("symbol,shares,free_float\nAAA,10,1\nBBB,20,0.5\n")
    for count in range(2, len(days)):
        rows = "".join(f"{day},AAA,{100 + at % 7}\n{day},BBB,{50 + at % 5}\n" for at, day in enumerate(days[:count]))
        (landing / "market" / "closes.csv").write_text(f"date,symbol,close\n{rows}")
        yield days[:count]


def run(lake: Path) -> Run:
    """One `russell run` in a process of its own; its memory is that of this process alone."""
    command = [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), "run", "--offline"]
    began, memory, resident = time.monotonic(), 0, 0
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            memory, resident = max(memory, held(process.pid, "RssAnon")), max(resident, held(process.pid, "VmHWM"))
            time.sleep(0.02)
        said.seek(0)
        return Run(process.returncode, said.read(), time.monotonic() - began, memory, resident)


def held(process: int, what: str) -> int:
    """A figure of the memory that a process holds, in bytes."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(what)), 0)


def wrong(lake: Path, done: Run, days: list[date]) -> str | None:
    """What is wrong after a run, in words; None if all is well."""
    if done.code not in (0, 1):
        return f"exit {done.code}"
    if "Traceback" in done.said or "panicked" in done.said:
        return "more than sentences"
    if done.memory > MOST:
        return f"{done.memory / 1e6:.0f} MB"
    catalog = lake / "russell.duckdb"
    names = sorted(file.name for file in LANDED.iterdir())
    accepted = "SELECT file_name FROM documents WHERE state = 'accepted' AND list_contains($1, file_name) ORDER BY 1"
    if [name for (name,) in query.ask(catalog, accepted, [names]).rows] != names:
        return "a good document is not published"
    asked = "SELECT max(date), count(*) FROM index_levels WHERE index_code = 'QX'"
    if query.ask(catalog, asked).rows != [(days[-1], len(days))]:
        return "a good level is not published"
    return None


def remove(path: Path) -> None:
    """Take a hostile file away."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Kinds:
    """Hostile files of every kind, landed by chance."""

    def __init__(self, landing: Path, chance: random.Random) -> None:
        self._landing, self._chance = landing, chance
        self._kinds: list[Callable[[str], Path]] = [
            self._bad_document, self._page_tree, self._mutated, self._text, self._sidecar, self._definition, self._parquet,
            self._repeating, self._table, self._reference, self._components, self._entry, self._named,
        ]  # fmt: skip

    def land(self, name: str) -> Path:
        """Land one file with a name of its own; returns it."""
        return self._chance.choice(self._kinds)(name)

    def _put(self, path: str, data: bytes | str) -> Path:
        file = self._landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return file

    def _garbage(self, size: int) -> bytes:
        return self._chance.randbytes(self._chance.randrange(size))

    def _bad_document(self, name: str) -> Path:
        bad = self._chance.choice(list(BAD_FILES))
        return self._put(f"documents/{name}-{bad}", BAD_FILES[bad]() + name.encode())

    def _page_tree(self, name: str) -> Path:
        data, _ = self._chance.choice(list(TREES.values()))
        return self._put(f"documents/{name}.pdf", data + name.encode())

    def _mutated(self, name: str) -> Path:
        """A good document with a piece cut out, doubled or overwritten, or some bits turned."""
        original = self._chance.choice([file for file in sorted(LANDED.iterdir()) if file.suffix in (".pdf", ".txt")])
        data = bytearray(original.read_bytes())
        at = self._chance.randrange(len(data))
        end = min(len(data), at + self._chance.randrange(1, 5000))
        match self._chance.randrange(4):
            case 0:
                del data[at:end]
            case 1:
                data[at:at] = data[at:end]
            case 2:
                data[at:end] = self._chance.randbytes(end - at)
            case _:
                for _ in range(20):
                    data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
        return self._put(f"documents/{name}{original.suffix}", bytes(data))

    def _text(self, name: str) -> Path:
        """Hundreds of kilobytes of lines that are nearly a list."""
        lines = [f"COMPANY {self._chance.random()} INC  {'X' * self._chance.randrange(9)}" for _ in range(20_000)]
        return self._put(f"documents/{name}.txt", "Russell 3000 Index Membership list\n" + "\n".join(lines))

    def _sidecar(self, name: str) -> Path:
        text, _ = self._chance.choice(list(HOSTILE_YAML.values()))
        self._put(f"documents/{name}.yaml", text)
        return self._put(f"documents/{name}.txt", self._garbage(1000))

    def _definition(self, name: str) -> Path:
        text, _ = self._chance.choice(list(HOSTILE_YAML.values()))
        return self._put(f"indexes/{name.upper()}.yaml", text)

    def _parquet(self, name: str) -> Path:
        columns, _ = self._chance.choice(list(HOSTILE_PARQUET.values()))
        pq.write_table(pa.table(ONE_CLOSE | columns), file := self._landing / "market" / f"closes-{name}.parquet")
        if self._chance.random() < 0.5:
            data = bytearray(file.read_bytes())
            data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
            file.write_bytes(data)
        return file

    def _repeating(self, name: str) -> Path:
        """Kilobytes that stand for gigabytes."""
        rows = 100_000
        text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["A" * 20_000]))
        columns = {"date": pa.array([FIRST] * rows), "symbol": text, "close": pa.array([1.5] * rows)}
        pq.write_table(
            pa.table(columns), file := self._landing / "market" / f"closes-{name}.parquet", compression="zstd"
        )
        return file

    def _table(self, name: str) -> Path:
        """Rows of names that no index holds, or none, or too many columns, or bytes that are no text."""
        kind, head = self._chance.choice(list(HEADS.items()))
        rows = [
            f"{head}\n" + "ZZ,ZZ,ZZ\n" * self._chance.randrange(5000),
            f"{head}\n" + f"{FIRST},ZZ{name},1e308\n" * 3,
            ",".join(f"c{at}" for at in range(30_000)) + "\n",
            f"{head}\n{FIRST},{'Z' * 2_000_000},1\n",
            f"{head}\n" + '"' * self._chance.randrange(1, 9) + "\n",
            head.replace(",", ";"),
        ]
        data = self._chance.choice([*(text.encode() for text in rows), self._garbage(10_000)])
        return self._put(f"market/{kind}-{name}.csv", data)

    def _reference(self, name: str) -> Path:
        return self._put(f"reference/{self._chance.choice(REFERENCE)}-{name}.csv", self._garbage(5000))

    def _components(self, name: str) -> Path:
        day = date.fromordinal(FIRST.toordinal() + self._chance.randrange(3000))
        return self._put(f"components/{name.upper()}/{day}.csv", self._garbage(5000)).parent

    def _entry(self, name: str) -> Path:
        """What is no file."""
        path = (
            self._landing / self._chance.choice(["documents", "market", "indexes", "reference"]) / f"closes-{name}.csv"
        )
        match self._chance.randrange(4):
            case 0:
                os.mkfifo(path)
            case 1:
                with path.open("wb") as file:
                    file.truncate(10_000_000_000)
            case 2:
                path.symlink_to("/etc/passwd")
            case _:
                path.mkdir()
        return path

    def _named(self, name: str) -> Path:
        folder, suffix = self._chance.choice(
            [("documents", ".pdf"), ("documents", ".txt"), ("market", ".csv"), ("indexes", ".yaml")]
        )
        return self._put(f"{folder}/{self._chance.choice(NAMES)}{name}{suffix}", self._garbage(1000))


if __name__ == "__main__":
    main()
