"""Puts what commands answer now into the pages, where it is not what they show: `python -m russell_pipeline_tests.docs`.

Answers that still hold stay as they are, with their `...`; look at the difference before you commit it.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from russell_pipeline_tests.conftest import PROJECT
from russell_pipeline_tests.docs.console import Shell, agree, transcript, typed
from russell_pipeline_tests.docs.pages import DOWNLOADS, PAGES

_BLOCK = re.compile(r"^(```console\n)(.*?)^(```)", re.MULTILINE | re.DOTALL)


def _answered(shell: Shell, block: str) -> str:
    lines = []
    for command, shown in typed(block):
        got, _ = shell.answer(command)
        lines.append(transcript(command, got if shown and not agree(shown, got) else shown))
    return "".join(lines)


with tempfile.TemporaryDirectory() as root:
    shell = Shell(Path(root), DOWNLOADS)
    for name in PAGES:
        page = PROJECT / name
        text = page.read_text("utf-8")
        page.write_text(_BLOCK.sub(lambda found: found[1] + _answered(shell, found[2]) + found[3], text), "utf-8")
    shell.close()
