"""Generates the parts of pages that come from data: `python -m docs.generator docs/*.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generator.all_parts import all_parts
from docs.generator.parts import made_again

for name in sys.argv[1:]:
    page = Path(name)
    page.write_text(made_again(page.read_text("utf-8"), all_parts()), "utf-8")
