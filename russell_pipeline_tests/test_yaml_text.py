"""Hostile YAML costs its own file, in a sentence and at once: as a definition, a list of sources, and a sidecar."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from russell_pipeline.documents.sidecar import read_sidecar
from russell_pipeline.errors import Refusal
from russell_pipeline.index.definition import load_definition, shipped_definitions
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.lake.store import Lake
from russell_pipeline.sources.model import read_sources
from russell_pipeline.steps.index.inputs import definitions
from russell_pipeline.yaml_text import LARGEST, YamlRefused, bytes_of_yaml, plain_values

DOUBLINGS = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))])
MERGES = "\n".join(["a0: &a0 {k0: 1}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 30))])
HOSTILE = {
    "names that double": (DOUBLINGS, "write each part out"),
    "merges that double": (MERGES, "write each part out"),
    "a name of itself": ("a: &a [*a]", "write each part out"),
    "a name that nothing uses": ("a: &a 1", "write each part out"),
    "a merge without a name": ("a: {<<: {b: 1}}", "merged keys"),
    "brackets": ("[" * 100_000, "nested more than 20 deep"),
    "braces": ("{a: " * 30_000, "nested more than 20 deep"),
    "indents": ("\n".join(f"{' ' * n}a:" for n in range(200)), "nested more than 20 deep"),
    "dashes": ("- " * 5_000 + "x", "nested more than 20 deep"),
    "many keys": ("\n".join(f"k{n}: {n}" for n in range(15_000)), "more than 20,000 keys and values"),
    "many entries": ("- 1\n" * 50_000, "more than 20,000 keys and values"),
    "a long text": ("a: " + "x" * 20_000, "longer than 10,000 characters"),
    "a long number": ("a: " + "9" * 9_999, "is not YAML"),
    "too large": ("# " + "x" * LARGEST, "more than 262,144"),
    "a key twice": ("a: 1\na: 2", "stands twice"),
    "a list as a key": ("? [a]\n: 1", "is not YAML"),
    "a day that is none": ("a: 2020-13-45", "is not YAML"),
    "an object": ("!!python/object/apply:os.system [true]", "is not YAML"),
    "bytes that are none": ("a: !!binary x", "is not YAML"),
    "a number that is none": ("a: !!int x", "is not YAML"),
    "an empty number": ("a: !!float ''", "is not YAML"),
    "a null byte": ("a: \0", "is not YAML"),
    "two documents": ("a: 1\n---\na: 2", "is not YAML"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_yaml_is_refused_at_once_in_one_sentence(case: str) -> None:
    text, says = HOSTILE[case]
    began = time.process_time()
    with pytest.raises(YamlRefused) as refused:
        plain_values(text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(IndexRefusal) as definition:
        load_definition(text, "X.yaml")
    [message] = definition.value.messages
    assert message.startswith("X.yaml")
    [problem] = read_sources(text.encode(), "sources.yaml").problems
    assert problem.startswith("sources.yaml is not ")
    with pytest.raises(Refusal, match=r"^its sidecar list\.yaml is not "):
        read_sidecar(text.encode(), "list.yaml")
    assert time.process_time() - began < 20, "bounded, whatever it says"


@pytest.mark.parametrize(
    "text",
    ["a: 1", "a: '&x'", 'a: "<<"', "- address: https://example.org/a?b=c&d=*", "a: {b: [c, 1.5, 2020-01-02]}", ""],
)
def test_ordinary_yaml_is_read_as_before(text: str) -> None:
    assert plain_values(text) == yaml.safe_load(text)


VALID = """
code: X
name: An Index
currency: USD
base: {date: 2025-03-21, value: 1000}
legs: [{component: A, units: 9}]
"""


def _chain(length: int) -> str:
    return "components:\n" + "\n".join(f"  C{n}: {{difference: [C{n + 1}, C{n + 1}]}}" for n in range(length))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (VALID + "policies: {rounding: [none]}", "`policies.rounding`: \"['none']\" is none of"),
        (VALID + "policies: {rounding: {a: b}}", "`policies.rounding`"),
        (VALID + _chain(22), "is derived in more than 5 steps"),
        (VALID + _chain(60), "is derived in more than 5 steps"),
        (VALID + _chain(200), "`components`"),
        (VALID + "components: {C0: {difference: [C1, B]}, C1: {difference: [A, C0]}}", "is derived from itself"),
        (VALID.replace("1000", "1e17"), "`base.value`"),
        (VALID.replace("1000", "1.7e308"), "`base.value`"),
        (VALID.replace("1000", "1e-300"), "`base.value`"),
        (VALID.replace("1000", "9" * 400), "`base.value`"),
        (VALID.replace("units: 9", "units: 1e300"), "`legs.0.units`"),
        (VALID + "correction_limits: {basis_points: 1e300}", "`correction_limits.basis_points`"),
        (VALID + f"correction_limits: {{sessions: {10**30}}}", "`correction_limits.sessions`"),
        (VALID.replace("An Index", "x" * 9_000), "`name`"),
    ],
)
def test_a_definition_beyond_its_ranges_is_refused_and_the_other_indexes_stay(
    tmp_path: Path, text: str, says: str
) -> None:
    folder = tmp_path / "landing" / "indexes"
    folder.mkdir(parents=True)
    (folder / "X.yaml").write_text(text)
    (folder / "Y.yaml").write_text(VALID.replace("code: X", "code: Y"))
    began = time.process_time()
    found, findings = definitions(Lake(tmp_path))
    assert time.process_time() - began < 5
    assert set(found) == {*shipped_definitions(), "Y"}
    assert [finding.subject for finding in findings] == ["X"]
    assert says in findings[0].message


def test_a_file_of_yaml_is_looked_at_before_it_is_opened(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.yaml"
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(YamlRefused, match=r"1,099,511,627,776 bytes"):
        bytes_of_yaml(sparse)
