"""The adapters that `russell import` knows, by the names that people type. Nothing heavy is imported before one is used."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from russell_pipeline.errors import Refusal, WrongCall

if TYPE_CHECKING:
    from russell_pipeline.market.adapters.model import Adapter, Converted, Options, Source

# Each has a module here of the same name, with underscores, whose `ADAPTER` it is.
NAMES = ("ishares", "yahoo", "total-and-float-shares", "screener")
_LARGEST = 1 << 29  # bytes of a file that gzip has packed; downloads are a few million


def adapter(name: str) -> Adapter:
    """The adapter of this name. Raises WrongCall if there is none."""
    if name not in NAMES:
        raise WrongCall(f"no kind of file {name!r}: {', '.join(NAMES)}")
    found: Adapter = import_module(f"{__package__}.{name.replace('-', '_')}").ADAPTER
    return found


def convert(name: str, files: Sequence[Source], options: Options) -> Converted:
    """Landing files from the files that one adapter takes, packed by gzip or not, with every line that became no row.

    Paths are under landing/. Raises WrongCall for an unknown adapter or option, and for a wrong or missing value. A file that
    cannot be taken is in `refused`.
    """
    chosen = adapter(name)
    if unknown := sorted(options.keys() - chosen.options.keys()):
        raise WrongCall(f"{name} takes no {', '.join(unknown)}; it takes {', '.join(chosen.options)}")
    if missing := sorted(chosen.required - {option for option, value in options.items() if value}):
        raise WrongCall(f"{name} needs {', '.join(f'{option} ({chosen.options[option]})' for option in missing)}")
    from russell_pipeline.file_content import unzipped
    from russell_pipeline.market.adapters.model import Remark

    taken, refused = list[tuple[str, bytes]](), list[Remark]()
    for file, data in files:
        try:
            taken.append((file.removesuffix(".gz"), unzipped(data, _LARGEST)))
        except Refusal as refusal:
            refused.append(Remark(file, str(refusal)))
    converted = chosen.convert(taken, {option: value for option, value in options.items() if value})
    converted.refused[:0] = refused
    return converted
