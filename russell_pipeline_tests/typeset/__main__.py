"""`python -m russell_pipeline_tests.typeset [DIR]` writes the documents that a fresh clone runs on anew."""

from __future__ import annotations

import sys
from pathlib import Path

from russell_pipeline_tests.typeset.documents import DOCUMENTS

LANDING = Path(__file__).resolve().parents[2] / "data_lake" / "landing" / "documents"


def main(arguments: list[str]) -> None:
    """Write every document into the given folder, else into that of the project's own lake."""
    folder = Path(arguments[0]) if arguments else LANDING
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in DOCUMENTS.items():
        (folder / name).write_bytes(make())
        print(folder / name, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
