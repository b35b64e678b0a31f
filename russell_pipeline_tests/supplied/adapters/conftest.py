"""Where the real market files are; tests that need them skip where they are absent, except in CI."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from russell_pipeline_tests.conftest import SHARED


@pytest.fixture(scope="session")
def real_market() -> Path:
    folder = SHARED / "market"
    if not folder.exists():
        if os.environ.get("CI"):
            raise FileNotFoundError(f"{folder} must be there in CI")
        pytest.skip("the real market files belong to their publishers and are not part of the project")
    return folder


def source(path: Path) -> tuple[str, bytes]:
    return path.name, path.read_bytes()
