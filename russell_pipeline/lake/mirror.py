"""The local folder that mirrors a lake at an address: filled from the store before a run, published to it afterwards.

The store is the record; the folder is a copy and may be deleted. A run publishes all or nothing: it puts its files aside in the
store, commits to them with one object (`.push/NUMBER/commit.json`), and then copies each into its place, the catalog last. If a
run is cut off after its commit, the next run completes it, on whatever machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from russell_pipeline.errors import StoreError
from russell_pipeline.lake.lock import held
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    from russell_pipeline.lake.lease import Lease
    from russell_pipeline.lake.remote import Store, StoredObject

CATALOG = "russell.duckdb"
# Published with the tables: the catalog, and its checksum.
_BESIDE_TABLES = (CATALOG, f"{CATALOG}.sha256")
LANDING, TABLES = "landing", "tables"
# In landing a run removes only what it has put there itself.
_REMOVES = (f"{TABLES}/", f"{LANDING}/documents/fetched/")
_INDEX, _INCOMING, _PUBLISHED = ".mirror.json", ".incoming", ".published"
_KEPT_CATALOGS = 2
_AT_WORK: set[Path] = set()
_LOOKS, _BETWEEN_LOOKS = 20, 0.5  # seconds


@contextmanager
def working(root: Path, address: str | None, folders: Sequence[str] = (LANDING, TABLES)) -> Iterator[list[str]]:
    """Hold a lake for one run. A lake at an address is brought to `root` first, and what changed is published at the end.

    Yields a growing list of notes for people. Nothing is published if the body raises. Only `folders` are brought and published,
    with the catalog if they include the tables. Raises LakeBusy while another run holds the lake, and StoreError if the store
    fails.
    """
    with held(root, address):
        if address is None:
            yield []
            return
        from russell_pipeline.lake.lease import leased
        from russell_pipeline.lake.remote import Store

        mirror = Mirror(root, Store(address))
        with leased(mirror.store, mirror.name) as lease, _worked_on(root):
            notes = lease.notes
            completed = mirror.complete(lease)
            notes += [f"completed what a run that was cut off had begun to publish: {completed} objects"] * bool(
                completed
            )
            brought = mirror.pull(folders)
            notes += [f"brought {counted(brought, 'object')} from {address}"] * bool(brought)
            yield notes
            published = mirror.push(lease, folders)
            notes += [f"published {counted(published, 'object')} to {address}"] * bool(published)


def is_worked_on(root: Path) -> bool:
    """Whether a run of this process works in the mirror of a lake, and will publish its results."""
    return root in _AT_WORK


@contextmanager
def _worked_on(root: Path) -> Iterator[None]:
    _AT_WORK.add(root)
    try:
        yield
    finally:
        _AT_WORK.discard(root)


def refresh(root: Path, address: str) -> None:
    """Bring a lake at an address to `root`, for questions that read tables: one state of it, even while a run publishes.

    Raises LakeBusy while a run works in `root`, and StoreError if the store fails or a publication does not end in time.
    """
    from russell_pipeline.lake.lease import PUSHES
    from russell_pipeline.lake.remote import Store

    with held(root, address):
        mirror = Mirror(root, Store(address))
        for _ in range(_LOOKS):
            if mirror.pending(mirror.store.list(PUSHES)):
                time.sleep(_BETWEEN_LOOKS)
            elif not mirror.pull((LANDING, TABLES)):
                return
    raise StoreError(f"{address} is being published to, or a run that did was cut off: `russell run` completes it")


def published_catalog(root: Path, address: str) -> Path | None:
    """The published catalog of a lake at an address, fetched if it changed; None if there is none. Raises StoreError.

    It lies outside the folders that runs work in, so that a question sees what is published, even beside a run on the same
    machine.
    """
    from russell_pipeline.lake.remote import Store

    store = Store(address)
    found = store.find(CATALOG)
    if found is None:
        return None
    catalog = _published(root, found)
    if not catalog.exists():
        incoming = root / _PUBLISHED / f".{uuid.uuid4().hex}.tmp"
        try:
            store.download({CATALOG: incoming})
            _put(incoming, catalog, found)
        finally:
            incoming.unlink(missing_ok=True)
        _forget_catalogs(root)
    return catalog


def landing_tags(address: str) -> dict[str, str]:
    """The tag of each file of landing in a store, which changes with its content."""
    from russell_pipeline.lake.remote import Store

    return {path: found.tag for path, found in _visible(Store(address).list(LANDING)).items()}


@dataclass
class Mirror:
    """A folder and the store that it mirrors.

    `.mirror.json` in the folder records which object each file is: the tag in the store, and the size and modification time of
    the file.
    """

    root: Path
    store: Store

    def __post_init__(self) -> None:
        try:
            index = json.loads((self.root / _INDEX).read_text("utf-8"))
            self._name: str = index["name"]
            self._files: dict[str, list[Any]] = index["files"]
        except (FileNotFoundError, ValueError, KeyError):
            self._name, self._files = uuid.uuid4().hex, {}
        self._save()

    @property
    def name(self) -> str:
        """Tells this folder from any other, including copies of it on other machines."""
        return f"{socket.gethostname()} {self._name}"

    def pull(self, folders: Sequence[str]) -> int:
        """Make the folder equal to the store, whatever it held; returns how many objects were fetched or are gone."""
        there = self._there(folders)
        stale = {path: found for path, found in there.items() if not self._is(path, found)}
        gone = [path for path in self._here(folders) if path not in there]
        incoming = self.root / _INCOMING
        shutil.rmtree(incoming, ignore_errors=True)
        places = {path: incoming / str(number) for number, path in enumerate(stale)}
        self.store.download(places)
        for path in gone:
            self._unlink(path)
        for path, place in places.items():
            _put(place, self.root / path, stale[path])
            self._files[path] = [stale[path].tag, *self._state(path)]
        if stale or gone:
            self._save()
        return len(stale) + len(gone)

    def push(self, lease: Lease, folders: Sequence[str]) -> int:
        """Publish every difference between the folder and the store, all or nothing; returns how many objects that is."""
        here = self._here(folders)
        puts = [path for path in here if self._files.get(path, [None])[1:] != self._state(path)]
        removes = [path for path in self._files if path.startswith(_REMOVES) and path not in here]
        removes = [path for path in removes if path.startswith(tuple(f"{folder}/" for folder in folders))]
        if not puts and not removes:
            return 0
        states = {path: self._state(path) for path in puts}
        self.store.upload({_aside(lease.number, path): self.root / path for path in puts})
        lease.commit({"puts": puts, "removes": removes})
        self._apply(lease, lease.number, puts, removes)
        there = self._there(folders)
        for path in removes:
            self._files.pop(path, None)
        for path in puts:
            self._files[path] = [there[path].tag if path in there else None, *states[path]]
        self._save()
        if CATALOG in puts and CATALOG in there:
            _offer(self.root / CATALOG, _published(self.root, there[CATALOG]))
            _forget_catalogs(self.root)
        return len(puts) + len(removes)

    def pending(self, objects: Iterable[str]) -> dict[int, Mapping[str, Any]]:
        """What runs committed to and did not complete, by number, among these objects below `.push`."""
        from russell_pipeline.lake.lease import commit_of, committed

        found: dict[int, Mapping[str, Any]] = {}
        for path in objects:
            number = path.split("/")[1]
            if path == commit_of(int(number)) and (content := self.store.read(path)) and (record := committed(content)):
                found[int(number)] = record
        return found

    def complete(self, lease: Lease) -> int:
        """Complete what earlier runs committed to and clear away what they put aside; returns how many objects were published."""
        from russell_pipeline.lake.lease import PUSHES, commit_of

        objects = self.store.list(PUSHES)
        count = 0
        for number, record in sorted(self.pending(objects).items()):
            self._apply(lease, number, record["puts"], record["removes"])
            count += len(record["puts"]) + len(record["removes"])
        self.store.remove(path for path in objects if path != commit_of(int(path.split("/")[1])))
        return count

    def _apply(self, lease: Lease, number: int, puts: Sequence[str], removes: Sequence[str]) -> None:
        """Put what a run committed to in place. If this is cut off, the next run repeats it from the first step."""
        from russell_pipeline.lake.lease import commit_of

        catalogs = [path for path in puts if path == CATALOG]
        self.store.copy({_aside(number, path): path for path in puts if path != CATALOG}, before_each=lease.check)
        self.store.remove(removes)
        self.store.copy({_aside(number, path): path for path in catalogs}, before_each=lease.check)
        self.store.remove([commit_of(number)])
        self.store.remove(_aside(number, path) for path in puts)

    def _there(self, folders: Sequence[str]) -> dict[str, StoredObject]:
        there = {path: found for folder in folders for path, found in self.store.list(folder).items()}
        for path in _BESIDE_TABLES if TABLES in folders else ():
            if found := self.store.find(path):
                there[path] = found
        return _visible(there)

    def _here(self, folders: Sequence[str]) -> list[str]:
        files = [file for folder in folders for file in sorted((self.root / folder).rglob("*"))]
        files += [self.root / path for path in _BESIDE_TABLES] if TABLES in folders else []
        paths = [file.relative_to(self.root).as_posix() for file in files if file.is_file()]
        return [path for path in paths if not _is_hidden(path)]

    def _is(self, path: str, found: StoredObject) -> bool:
        """Whether the file at a path holds that object and has not been touched since."""
        return (self.root / path).is_file() and self._files.get(path) == [found.tag, *self._state(path)]

    def _state(self, path: str) -> list[int]:
        state = (self.root / path).stat()
        return [state.st_size, state.st_mtime_ns]

    def _unlink(self, path: str) -> None:
        self._files.pop(path, None)
        file = self.root / path
        file.unlink()
        while file.parent != self.root and not any(file.parent.iterdir()):
            file = file.parent
            file.rmdir()

    def _save(self) -> None:
        files = {path: state for path, state in sorted(self._files.items()) if (self.root / path).is_file()}
        temporary = self.root / f".{uuid.uuid4().hex}.tmp"
        temporary.write_text(json.dumps({"name": self._name, "address": self.store.address, "files": files}), "utf-8")
        temporary.replace(self.root / _INDEX)


def _aside(number: int, path: str) -> str:
    """Where a run puts an object before it commits."""
    return f".push/{number:08}/{path}"


def _visible(objects: Mapping[str, StoredObject]) -> dict[str, StoredObject]:
    """The objects that are files of a lake, without hidden ones. Raises StoreError for a name that leads out of the folder."""

    for path in objects:
        if {"", ".", ".."} & set(path.split("/")) or "\0" in path:
            raise StoreError(f"there is an object that no folder can hold: {path!r}; remove it or name it otherwise")
    return {path: found for path, found in objects.items() if not _is_hidden(path)}


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(path).parts)


def _put(incoming: Path, place: Path, found: StoredObject) -> None:
    """Move a fetched file into place, with the time of its object as its modification time."""
    place.parent.mkdir(parents=True, exist_ok=True)
    moment = found.put_at.timestamp()
    os.utime(incoming, (moment, moment))
    incoming.replace(place)


def _published(root: Path, catalog: StoredObject) -> Path:
    return root / _PUBLISHED / f"{hashlib.sha256(catalog.tag.encode()).hexdigest()[:16]}.duckdb"


def _offer(catalog: Path, place: Path) -> None:
    """Make a catalog that was just published available to questions. A link will do: the file is only replaced, never changed."""
    place.parent.mkdir(exist_ok=True)
    if not place.exists():
        with suppress(OSError):  # without hard links, the first question fetches it
            os.link(catalog, place)


def _forget_catalogs(root: Path) -> None:
    """Delete all published catalogs but the last few: a question may still be opening the one before."""
    catalogs = sorted((root / _PUBLISHED).glob("*.duckdb"), key=lambda file: file.stat().st_mtime)
    for catalog in catalogs[:-_KEPT_CATALOGS]:
        catalog.unlink(missing_ok=True)
