"""Imports run down: a table of layers, with which every import in the source is compared."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "russell_pipeline"

# The room of each kind of document, which has its reader. The reader of PDF files is below them.
_ROOMS = sorted({path.parent.name for path in (PACKAGE / "documents").glob("*/reader.py")} - {"pdf"})

# From the bottom: a module imports only from layers below that of its unit, or from its unit. A unit is a module, or a package
# with all that is in it.
LAYERS = (
    ("errors",),
    (
        "ahead",
        "bounded",
        "display",
        "file_formats",
        "findings",
        "ordering",
        "progress",
        "settings",
        "wording",
        "yaml_text",
    ),
    ("arguments", "dates", "file_content", "glossary", "notices"),
    ("documents.markdown", "documents.model", "documents.vocabulary"),
    ("documents.decisions",),
    ("documents.pdf", "documents.ruler", "documents.sidecar", "documents.text"),
    ("documents.facts", "documents.other_kinds", "documents.prose", "documents.readers"),
    tuple(f"documents.{room}" for room in _ROOMS),
    ("documents.explanation", "documents.parse"),
    ("documents.isolation",),
    ("calendar", "sources"),
    ("membership", "simulation"),
    ("market",),
    ("index",),
    ("schemas",),
    ("lake",),
    ("steps",),
    ("queries",),
    ("orchestration", "output", "reports"),
    ("api",),
    ("cli", "definitions"),
)
HEIGHT = {unit: height for height, layer in enumerate(LAYERS) for unit in layer}

# What else a package never imports. What words and lines mean, and in what order dates stand, is for the rooms to say.
NEVER = (
    ("documents.pdf", "dates"),
    ("documents.pdf", "documents.vocabulary"),
    ("documents.text", "dates"),
    ("documents.text", "documents.vocabulary"),
    ("documents", "calendar"),
    ("calendar", "documents"),
    ("membership", "documents"),
    ("market", "documents"),
    ("market.files", "market.adapters"),
    ("market.files", "market.checks"),
    ("reports", "lake"),
)

# All that these packages import, besides themselves.
ONLY = {
    "market.files": ("dates", "errors", "file_content", "file_formats", "findings", "ordering", "wording"),
    "market.adapters": ("dates", "errors", "file_content", "findings", "market.files", "wording"),
    "market.checks": ("findings", "market.ex_price", "market.files", "market.spelling", "wording"),
    "simulation": ("calendar", "dates", "errors", "market.files"),
    # Storage knows no subject: tables are what their declarations say.
    "lake": ("ahead", "errors", "ordering", "schemas", "wording"),
}
# Who imports the simulated market.
SIMULATES = ("simulation", "cli", "api")


def unit_of(module: str) -> str | None:
    """The unit that holds a module, None if it is in no layer."""
    return next((unit for unit in HEIGHT if is_within(module, unit)), None)


def is_within(module: str, package: str) -> bool:
    """Whether a module is a package or is in it."""
    return module == package or module.startswith(f"{package}.")


@cache
def every_import() -> tuple[tuple[str, str], ...]:
    """Each import of one module of the house by another: (importer, imported), without the house's name."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        importer = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found += [(importer, imported) for imported in _imported(node) if imported]  # not the house: its version
    return tuple(found)


def imports(within: str) -> list[tuple[str, str]]:
    """The imports by modules of a package."""
    return [pair for pair in every_import() if is_within(pair[0], within)]


def _imported(node: ast.AST) -> Iterator[str]:
    house = f"{PACKAGE.name}."
    if isinstance(node, ast.Import):
        yield from (alias.name.removeprefix(house) for alias in node.names if alias.name.startswith(house))
    elif isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(house):
        module = f"{node.module}.".removeprefix(house)
        for alias in node.names:  # a name may be that of a module
            is_module = (PACKAGE / module.replace(".", "/") / f"{alias.name}.py").exists()
            is_module |= (PACKAGE / module.replace(".", "/") / alias.name / "__init__.py").exists()
            yield f"{module}{alias.name}" if is_module else module.rstrip(".")


def test_modules_import_each_other_in_no_circle() -> None:
    modules = {importer for importer, _ in every_import()}
    below = {one: {to for by, to in every_import() if by == one and to in modules} for one in modules}
    while leaves := {one for one, under in below.items() if not under & below.keys()}:
        below = {one: under for one, under in below.items() if one not in leaves}
    assert not sorted(below)


@pytest.mark.parametrize("unit", HEIGHT)
def test_unit_imports_only_from_layers_below(unit: str) -> None:
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports(unit)
        if not is_within(imported, unit) and HEIGHT.get(unit_of(imported) or "", len(LAYERS)) >= HEIGHT[unit]
    ]
    assert not wrong


@pytest.mark.parametrize(("package", "other"), NEVER)
def test_package_never_imports_the_other(package: str, other: str) -> None:
    found = imports(package)
    assert found or (PACKAGE / f"{package.replace('.', '/')}.py").exists(), f"no module in {package}"
    assert not [pair for pair in found if is_within(pair[1], other)]


def test_every_module_of_documents_is_in_a_layer() -> None:
    modules = {importer for importer, _ in imports("documents")} - {"documents"}
    assert modules
    assert not [module for module in modules if unit_of(module) is None]


@pytest.mark.parametrize("package", ONLY)
def test_package_imports_only_what_it_may(package: str) -> None:
    found = imports(package)
    assert found
    allowed = (package, *ONLY[package])
    assert not [pair for pair in found if not any(is_within(pair[1], one) for one in allowed)]


def test_only_faces_import_the_simulation() -> None:
    importers = {importer for importer, imported in every_import() if is_within(imported, "simulation")}
    assert not [importer for importer in importers if not any(is_within(importer, one) for one in SIMULATES)]
