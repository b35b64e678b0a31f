"""Run the benchmarks: `python -m benchmarks [NAME ...]`, all of them where none is named."""

from __future__ import annotations

import sys

from benchmarks import decades, documents, index, market, membership, queries, runs

BENCHMARKS = {
    "documents": documents.main,
    "membership": membership.main,
    "market": market.main,
    "queries": queries.main,
    "index": index.main,
    "runs": runs.main,
    "decades": decades.main,
}


def main(names: list[str]) -> None:
    for name in names or BENCHMARKS:
        print(f"== {name}")
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
