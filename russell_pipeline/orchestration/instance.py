"""The files of a lake's Dagster instance: configuration and history, looked at before Dagster opens them. Imports no Dagster."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from russell_pipeline.lake.checksums import sha256_of
from russell_pipeline.lake.store import publish
from russell_pipeline.orchestration.failures import RunFailed
from russell_pipeline.settings import DAGSTER_HOME, Settings
from russell_pipeline.wording import first_line

CONFIGURATION = "dagster.yaml"
# The databases that every run opens. Those of former runs are opened by who looks at them.
_ALWAYS = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
_SUMS = "history.sha256.json"
# The configurations that earlier releases put into a lake; they name modules that are gone.
_SHIPPED_BEFORE = frozenset(
    {
        "974f23df16b4546f2cf56f043c26427894c569e485e4d32863e34526d21340c3",
        "cb208642985460431c8c0c637e06d28a71607cc17b2d208ec14a6de380d1310e",
    }
)
_LOGS = ("-wal", "-shm", "-journal")  # beside a database that is open, or was when its process died
_FORMAT = b"SQLite format 3\0"
_SCHEDULES = "; schedules and sensors are off, as in a new lake: `russell ui` turns them on"


def mend_instance(settings: Settings) -> list[str]:
    """Set damaged files of a lake's instance aside, and point DAGSTER_HOME at it; returns a sentence for each file.

    Raises OSError if DAGSTER_HOME names no folder, and RunFailed for a configuration outside the lake that Dagster cannot take.
    """
    home = settings.set_dagster_home()
    if home == settings.own_dagster_home:
        return [*mend_configuration(home), *mend_history(home)]
    if why := why_unusable(home):
        raise RunFailed(
            f"{home / CONFIGURATION} {why}: mend it, or let the lake have its own by unsetting {DAGSTER_HOME}"
        )
    return mend_history(home)


def damaged_history(home: Path) -> Iterator[tuple[Path, str]]:
    """Every database of an instance that is damaged, with how; nothing is changed."""
    sums = _sums(home)
    for file in _databases(home):
        if why := _damage(home, file, sums):
            yield file, why


def mend_history(home: Path) -> list[str]:
    """Set damaged databases of an instance aside, those that every run opens; returns a sentence for each.

    Dagster makes them anew. What a run published is in the tables and is not touched.
    """
    told, sums = [], _sums(home)
    for name in _ALWAYS:
        file = home / name
        if why := _damage(home, file, sums):
            aside = _set_aside(file)
            lost = _SCHEDULES if "schedules" in name else ""
            told.append(f"{file} {why}; it was set aside as {aside.name}, and the history of runs begins anew{lost}")
    return told


def note_history(home: Path) -> None:
    """Note the checksums of an instance's databases, when a run has closed them.

    Others write to them as well, such as the UI: a checksum counts only while a file has the size and time that it had then.
    """
    known = _sums(home)
    sums = {}
    for file in _databases(home):
        name, state = file.relative_to(home).as_posix(), _state(file)
        former = known.get(name)
        sums[name] = former if former and former[:2] == state else [*state, sha256_of(file)]
    if sums:
        publish(home / _SUMS, lambda temporary: temporary.write_text(json.dumps(sums), "utf-8"))


def mend_configuration(home: Path) -> list[str]:
    """Replace a `dagster.yaml` that Dagster cannot take by the one that ships; returns a sentence if it was."""
    file = home / CONFIGURATION
    if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() in _SHIPPED_BEFORE:
        publish(file, lambda temporary: temporary.write_text(_shipped(), "utf-8"))
    why = why_unusable(home)
    if why is None:
        return []
    aside = _set_aside(file)
    publish(file, lambda temporary: temporary.write_text(_shipped(), "utf-8"))
    return [f"{file} {why}; it was set aside as {aside.name}, and the one that ships is in its place"]


def why_unusable(home: Path) -> str | None:
    """Why Dagster cannot take the `dagster.yaml` of an instance, in a few words; None if it can, or if there is none."""
    file = home / CONFIGURATION
    if not file.exists() or (file.is_file() and file.read_bytes() == _shipped().encode()):
        return None
    # Slow to import.
    import yaml
    from dagster import DagsterInstance

    with TemporaryDirectory() as elsewhere:
        try:
            yaml.safe_load(file.read_text("utf-8"))
            shutil.copy(file, elsewhere)
            # What it would open is not opened in the lake: `verify` changes nothing.
            DagsterInstance.from_config(elsewhere).dispose()
        except (yaml.YAMLError, UnicodeDecodeError):
            return "is no YAML"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        except Exception as error:  # noqa: BLE001 - Dagster and the modules that are named may raise anything
            fault = re.search(r"Error 1: (.+?)(?:\. (?=[A-Z])|\.?$)", str(error), re.MULTILINE)
            return f"is not what Dagster takes: {fault[1] if fault else first_line(error)}"
    return None


def _shipped() -> str:
    """The configuration that ships."""
    return files("russell_pipeline").joinpath(CONFIGURATION).read_text("utf-8")


def _databases(home: Path) -> list[Path]:
    return sorted(file for folder in ("history", "schedules") for file in (home / folder).rglob("*.db"))


def _damage(home: Path, file: Path, sums: Mapping[str, list[Any]]) -> str | None:
    """How a database is damaged, in words; None if it is not, if it is not there, or if somebody is writing to it."""
    if not file.exists():
        return None
    noted = sums.get(file.relative_to(home).as_posix())
    try:
        if noted and noted[:2] == _state(file):
            return None if noted[2] == sha256_of(file) else "is not as the last run left it"
        with file.open("rb") as content:
            if content.read(len(_FORMAT)) != _FORMAT:
                return "is no database"
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            [(found,), *_] = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError as error:
        return None if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) else f"is damaged: {error}"
    except sqlite3.DatabaseError as error:
        return f"is damaged: {error}"
    except PermissionError:
        return None  # what opens it says so
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None if found == "ok" else f"is damaged: {' '.join(found.split())}"


def _set_aside(file: Path) -> Path:
    """Give a file, and the logs beside it, names with the time."""
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    for suffix in ("", *_LOGS):
        part = file.with_name(file.name + suffix)
        with suppress(FileNotFoundError):
            part.replace(part.with_name(f"{part.name}.damaged-{now}"))
    return file.with_name(f"{file.name}.damaged-{now}")


def _sums(home: Path) -> dict[str, list[Any]]:
    """Size, time and SHA-256 of each database as a run left it; none if that is not known."""
    try:
        told = json.loads((home / _SUMS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: sums for name, sums in told.items() if isinstance(sums, list)} if isinstance(told, dict) else {}


def _state(file: Path) -> list[int]:
    found = file.stat()
    return [found.st_size, found.st_mtime_ns]
