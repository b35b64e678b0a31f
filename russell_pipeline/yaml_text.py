"""The one reader of YAML that people bring: plain values, bounded before they are made, each key once, no aliases."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from russell_pipeline.errors import Refusal

LARGEST = 1 << 18  # bytes; a list of two thousand addresses has about as many
_NODES = 20_000  # keys and values
_DEEPEST = 20
_LONGEST = 10_000  # characters of one value
_NO_YAML, _NO_TEXT = "is not YAML", "is not UTF-8 text"


class YamlRefused(Refusal, ValueError):
    """A text that is no YAML, or more than is read; `line` is the line where, if it is known.

    As text it follows the name of the file: `is not YAML: ...`. `problem` is that without these words.
    """

    def __init__(self, problem: str, line: int | None = None, says: str = "is not read") -> None:
        super().__init__(f"{says}: {problem}" if problem != says else says)
        self.problem, self.line = problem, line


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a repeated key."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key `{key.value[:40]}` stands twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def bytes_of_yaml(path: Path) -> bytes:
    """The content of a file of YAML. Raises YamlRefused if it is too long or no file, before it is read; and OSError."""
    if not path.is_file():
        raise YamlRefused("it is no file that can be read")
    if (size := path.stat().st_size) > LARGEST:
        raise YamlRefused(f"it has {size:,} bytes, more than {LARGEST:,}")
    return path.read_bytes()


def plain_values(data: bytes | str) -> object:
    """The value of a text in YAML, in plain types. Raises YamlRefused, in one line."""
    if len(data) > LARGEST:
        raise YamlRefused(f"it has {len(data):,} bytes, more than {LARGEST:,}")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise YamlRefused(_NO_TEXT, says=_NO_TEXT) from None
    try:
        _bounded(text)
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlRefused(_one_line(error.problem or str(error)), line, _NO_YAML) from None
    except YamlRefused:
        raise
    except (yaml.YAMLError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise YamlRefused(_one_line(str(error)), says=_NO_YAML) from None


def _bounded(text: str) -> None:
    """Raise YamlRefused for a text that would become too much; it is read as it comes, and nothing is made of it."""
    depth = nodes = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlRefused("names for parts (& and *) are not read: write each part out", line)
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
        if isinstance(event, yaml.ScalarEvent):
            if len(event.value) > _LONGEST:
                raise YamlRefused(f"a value is longer than {_LONGEST:,} characters", line)
            if event.value == "<<" and event.implicit[0]:
                raise YamlRefused("merged keys (<<) are not read: write each key out", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise YamlRefused(f"it is nested more than {_DEEPEST} deep", line, _NO_YAML)
        if nodes > _NODES:
            raise YamlRefused(f"it has more than {_NODES:,} keys and values", line)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
