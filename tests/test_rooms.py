"""The rooms of the house: who stands on whom, names that mean one thing, and a test beside every module."""

import ast
from collections import defaultdict
from itertools import permutations
from pathlib import Path, PurePosixPath

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("app", "bsnet_core", "training")
NOT_TESTED_ALONE: dict[str, str] = {}
"""Modules without a test file of their own, and the one that tests them."""


def modules() -> dict[str, PurePosixPath]:
    """Dotted names of all modules and packages, and their files below the repository."""
    found = {}
    for package in PACKAGES:
        for file in sorted((REPOSITORY / package).rglob("*.py")):
            path = PurePosixPath(file.relative_to(REPOSITORY).as_posix())
            parts = path.with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported_by(name: str) -> set[str]:
    """The project's modules that a module imports anywhere, in functions and for type checkers too."""
    found = set()
    for node in ast.walk(ast.parse((REPOSITORY / MODULES[name]).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {known for known in map(known_part_of, found) if known and known != name}


def known_part_of(name: str) -> str:
    """The module that a dotted name lies in; empty where it is none of the project's."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def arrows() -> dict[str, set[str]]:
    return {name: imported_by(name) for name in MODULES}


def folder_of(name: str) -> str:
    return str(MODULES[name].parent)


def test_no_two_folders_import_each_other():
    between = defaultdict(set)
    for name, imported in arrows().items():
        for other in imported:
            # A package's face hands on what lies below it.
            if folder_of(other) != folder_of(name) and MODULES[name].name != "__init__.py":
                between[folder_of(name), folder_of(other)].add(f"{name} → {other}")
    pairs = [(one, other) for one, other in permutations({f for pair in between for f in pair}, 2) if one < other]
    assert [
        (sorted(between[pair]), sorted(between[pair[::-1]]))
        for pair in pairs
        if pair in between and pair[::-1] in between
    ] == []


def test_no_modules_import_each_other_in_a_circle():
    left = arrows()
    while free := [name for name, imported in left.items() if not imported & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}, "all of these lie on a circle or lead to one"


def test_a_file_name_stands_for_one_thing():
    places = defaultdict(list)
    for path in MODULES.values():
        if not path.stem.startswith("__"):
            places[path.stem].append(str(path))
    assert {stem: where for stem, where in places.items() if len(where) > 1} == {}


def mirror_of(path: PurePosixPath) -> PurePosixPath:
    return PurePosixPath("tests", *path.parts[:-1], f"test_{path.stem}.py")


def tested_modules() -> list[PurePosixPath]:
    return [path for path in MODULES.values() if path.stem != "__init__" and "migrations" not in path.parts]


@pytest.mark.parametrize("path", tested_modules(), ids=str)
def test_a_module_has_its_tests_in_the_same_place_below_tests(path):
    elsewhere = NOT_TESTED_ALONE.get(str(path))
    assert (REPOSITORY / mirror_of(path)).exists() == (elsewhere is None)
    if elsewhere is not None:
        assert (REPOSITORY / elsewhere).is_file()


def test_only_modules_that_exist_are_excepted():
    assert NOT_TESTED_ALONE.keys() <= {str(path) for path in tested_modules()}
