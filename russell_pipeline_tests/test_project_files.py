"""What the project's own files say of each other: pins, hooks, hosted CI, versions, workspaces."""

from __future__ import annotations

import re
import runpy
import tomllib
from importlib.resources import files

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from russell_pipeline import __version__
from russell_pipeline_tests.conftest import PROJECT

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (PROJECT / "requirements.lock").read_text("utf-8")
ENTRIES = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
LOCKED = [Requirement(entry.partition("\\")[0]) for entry in ENTRIES]
CONSTRAINTS = [
    Requirement(line)
    for line in (PROJECT / "constraints.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def _versions(requirements: list[Requirement], python: str) -> dict[str, str]:
    """The version of each package whose marker holds for a Python on this system."""
    environment = {**default_environment(), "python_version": python, "python_full_version": f"{python}.9"}
    held = [one for one in requirements if one.marker is None or one.marker.evaluate(environment)]
    versions = {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in held}
    assert len(versions) == len(held), "two versions of one package"
    return versions


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_pin_the_versions_of_the_lock(python: str) -> None:
    locked, constrained = _versions(LOCKED, python), _versions(CONSTRAINTS, python)
    assert locked.items() <= constrained.items(), "make them again: make lock"


def test_constraints_are_made_from_the_lock() -> None:
    made = runpy.run_path(str(PROJECT / ".ci" / "lock.py"))["constraints"](LOCK)
    assert made == (PROJECT / "constraints.txt").read_text("utf-8"), "make them again: make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_meets_every_requirement_of_the_project(python: str) -> None:
    locked = _versions(LOCKED, python)
    asked = [
        *PYPROJECT["dependencies"],
        *(one for extra in PYPROJECT["optional-dependencies"].values() for one in extra),
    ]
    for one in map(Requirement, asked):
        if one.name != PYPROJECT["name"]:
            assert one.specifier.contains(Version(locked[canonicalize_name(one.name)])), f"{one}: make lock"


def test_every_version_of_the_lock_has_hashes_and_no_entry_names_an_index() -> None:
    assert LOCK.splitlines()[1] == "#    make lock"
    for entry in ENTRIES:
        assert "--hash=sha256:" in entry, entry
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links| @ ", LOCK)


def test_the_workspace_of_a_clone_is_that_of_the_package() -> None:
    packaged = files("russell_pipeline").joinpath("workspace.yaml").read_text("utf-8")
    assert yaml.safe_load((PROJECT / "workspace.yaml").read_text("utf-8")) == yaml.safe_load(packaged)
    assert not (PROJECT / "workspace.yaml").is_symlink()


def test_the_last_release_of_the_changelog_is_the_version_of_the_package() -> None:
    released = re.findall(
        r"^## (\d\S*) - \d{4}-\d\d-\d\d$", (PROJECT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert released[0] == __version__


def test_hosted_ci_runs_targets_there_are_with_pinned_actions() -> None:
    jobs = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
    assert tuple(jobs["test"]["strategy"]["matrix"]["python"]) == PYTHONS
    steps = [step for job in jobs.values() for step in job["steps"]]
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for step in steps:
        assert re.search(r"@v\d+\.\d+\.\d+$", step.get("uses", "@v0.0.0")), step
        if step.get("run", "").startswith("make "):
            assert set(step["run"].split()[1:]) <= set(targets), step
    assert (PROJECT / ".ci" / "run").stat().st_mode & 0o100


def test_hooks_before_a_commit_are_local() -> None:
    hooks = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert {one["repo"] for one in hooks} == {"local"}
    assert {hook["id"] for one in hooks for hook in one["hooks"]} == {"ruff-format", "ruff-check", "mypy"}
