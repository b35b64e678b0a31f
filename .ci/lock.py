"""Pin what pyproject.toml asks for: `make lock` writes requirements.lock with uv, and constraints.txt from it.

The lock has the versions of all extras for Python 3.11 to 3.14 on every system, with markers and the hashes of
their files, and names no index. The constraints are its versions alone, for plain pip. What is locked stays
where it still fits. Arguments are handed to uv: `--upgrade` for all, `--upgrade-package NAME` for one.
"""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LOCK, CONSTRAINTS = PROJECT / "requirements.lock", PROJECT / "constraints.txt"
PYTHON = "3.11.5"  # soupsieve, of the docs, has no release for the four before it
HEAD = "# Versions for plain pip: those of requirements.lock, without hashes and markers.\n# Made by `make lock`; do not edit.\n"
CALL = [
    *("uv", "pip", "compile", "pyproject.toml", "--universal", "--all-extras", f"--python-version={PYTHON}"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-python-downloads"),
    # pip pins all others and is there before them
    *("--no-emit-package=pip", "--quiet", f"--output-file={LOCK.name}", "--custom-compile-command=make lock"),
]
_PIN = re.compile(r"^([\w.-]+)==([^ \\]+)", re.MULTILINE)


def constraints(lock: str) -> str:
    """The text of constraints.txt for the text of a lock."""
    return HEAD + "".join(f"{name}=={version}\n" for name, version in _PIN.findall(lock))


if __name__ == "__main__":
    subprocess.run([sys.executable, "-m", *CALL, *sys.argv[1:]], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    CONSTRAINTS.write_text(constraints(LOCK.read_text("utf-8")), "utf-8")
