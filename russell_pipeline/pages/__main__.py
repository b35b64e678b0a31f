"""Generates the parts of pages that come from data: `python -m russell_pipeline.pages docs/*.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from russell_pipeline.pages.all_parts import all_parts
from russell_pipeline.pages.parts import made_again

for name in sys.argv[1:]:
    page = Path(name)
    page.write_text(made_again(page.read_text("utf-8"), all_parts()), "utf-8")
