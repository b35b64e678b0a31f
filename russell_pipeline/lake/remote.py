"""An object store through fsspec: listing, moving and creating objects. Each of its errors becomes one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from russell_pipeline.errors import StoreError

Item = TypeVar("Item")

_AT_ONCE = 16  # requests; a store answers many as fast as one
_CLOCK = ".clock"
# What stores call the fingerprint of an object's bytes, and when it was put there.
_TAGS = ("ETag", "etag", "content_md5", "md5Hash", "generation")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")
_SECRET = re.compile("KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL|CONNECTION_STRING")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a store says of an object: a tag that changes with its content, its size in bytes, and when it was put there."""

    tag: str
    size: int
    put_at: datetime


class Store:
    """The objects below an address such as `s3://bucket/lake`, by their paths from there.

    Credentials and endpoints are those that the store's own package finds in the environment. Every method raises StoreError if
    the store fails.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            from upath import UPath

            place = UPath(address)
            self._files, self._base = place.fs, place.path.rstrip("/")
        except ImportError as error:
            raise StoreError(
                f"{address} takes further packages: pip install 'russell-pipeline[remote]' ({error})"
            ) from None
        except (ValueError, NotImplementedError) as error:
            raise StoreError(f"{address} is no address of a store: {error}") from None

    def list(self, folder: str) -> dict[str, StoredObject]:
        """The objects below a folder; none where there is no folder."""
        with self._asked("listed"):
            self._files.invalidate_cache()
            try:
                found = self._files.find(self._at(folder), detail=True)
            except FileNotFoundError:
                return {}
        return {
            name.removeprefix(self._base).lstrip("/"): _object(info)
            for name, info in sorted(found.items())
            if info.get("type") == "file"
        }

    def find(self, path: str) -> StoredObject | None:
        """What the store says of one object; None where there is none."""
        with self._asked("asked"):
            self._files.invalidate_cache()
            try:
                info = self._files.info(self._at(path))
            except FileNotFoundError:
                return None
        return _object(info) if info["type"] == "file" else None

    def read(self, path: str) -> bytes | None:
        """The bytes of an object; None where there is none."""
        with self._asked("read"):
            try:
                return bytes(self._files.cat_file(self._at(path)))
            except FileNotFoundError:
                return None

    def write(self, path: str, content: bytes) -> None:
        """Put an object, replacing any that is there."""
        with self._asked("written"):
            self._files.pipe_file(self._at(path), content)

    def create(self, path: str, content: bytes) -> bool:
        """Put an object where there is none; returns whether that was done. Of several who try at once, one succeeds.

        `content` must be something that nobody else would write: by it, an object whose request seemed to fail is known for one's
        own.
        """
        with self._asked("written"):
            try:
                self._files.pipe_file(self._at(path), content, mode="create")
                return True
            except Exception:
                # Each store has its own error for an object that exists already, so look whether one exists.
                found = self.read(path)
                if found is None:
                    raise
                return found == content

    def download(self, files: Mapping[str, Path]) -> None:
        """Fetch objects into files, by the paths of the objects."""

        def one(pair: tuple[str, Path]) -> None:
            pair[1].parent.mkdir(parents=True, exist_ok=True)
            self._files.get_file(self._at(pair[0]), str(pair[1]))

        self._each(one, files.items(), "read")

    def upload(self, files: Mapping[str, Path]) -> None:
        """Put files as objects, by the paths of the objects."""
        self._each(lambda pair: self._files.put_file(str(pair[1]), self._at(pair[0])), files.items(), "written")

    def copy(self, objects: Mapping[str, str], before_each: Callable[[], None]) -> None:
        """Copy objects within the store, from path to path, each whole; `before_each` is called first."""

        def one(pair: tuple[str, str]) -> None:
            before_each()
            self._files.cp_file(self._at(pair[0]), self._at(pair[1]))

        self._each(one, objects.items(), "written")

    def remove(self, paths: Iterable[str]) -> None:
        """Remove objects; those that are already gone are passed over."""

        def one(path: str) -> None:
            try:
                self._files.rm_file(self._at(path))
            except FileNotFoundError:
                return

        self._each(one, paths, "written")

    def now(self, folder: str) -> datetime:
        """The time by the store's own clock, read from an object that is put into `folder` and removed again."""
        path = f"{folder}/{_CLOCK}"
        self.write(path, b"")
        found = self.find(path)
        self.remove([path])
        return found.put_at if found else datetime.now(UTC)

    def _at(self, path: str) -> str:
        return f"{self._base}/{path}"

    def _each(self, do: Callable[[Item], object], items: Iterable[Item], doing: str) -> None:
        """Do something to several objects side by side; after a failure, what has not begun is left undone."""
        with self._asked(doing), ThreadPoolExecutor(_AT_ONCE) as pool:
            futures = [pool.submit(do, item) for item in items]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    @contextmanager
    def _asked(self, doing: str) -> Iterator[None]:
        """Turn any error of a store's package into a StoreError of one sentence."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001, the packages of stores have errors of their own
            raise StoreError(f"{self.address} cannot be {doing}: {without_secrets(_words(error))}") from None


def _object(info: Mapping[str, Any]) -> StoredObject:
    put_at = next((info[name] for name in _TIMES if info.get(name)), 0.0)
    if isinstance(put_at, str):
        put_at = datetime.fromisoformat(put_at)
    if not isinstance(put_at, datetime):
        put_at = datetime.fromtimestamp(put_at, UTC)
    tag = next((str(info[name]).strip('"') for name in _TAGS if info.get(name)), None)
    return StoredObject(tag or f"{info['size']} {put_at.isoformat()}", info["size"], put_at)


def _words(error: Exception) -> str:
    """The first line of an error, or the name of its class if it says nothing."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__


def without_secrets(message: str) -> str:
    """A message without users and passwords in addresses, and without the values of variables that hold secrets."""
    message = re.sub(r"//[^/@\s]*@", "//***@", message)
    for name, value in os.environ.items():
        if len(value) > 3 and _SECRET.search(name.upper()):
            message = message.replace(value, "***")
    return message
