"""Rooms show their names to type checkers and at run time by two tables, which must agree."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import langchain_smartroute
from langchain_smartroute.faces import on_first_use

ROOT = Path(langchain_smartroute.__file__).parent
LAZY = sorted(
    path for path in ROOT.rglob("__init__.py") if "on_first_use(" in path.read_text("utf-8")
)


def package_of(path):
    return ".".join([ROOT.name, *path.parent.relative_to(ROOT).parts])


def told_to_type_checkers(path):
    """Name → module, from the imports for type checkers."""
    (block,) = (node for node in ast.parse(path.read_text("utf-8")).body if type(node) is ast.If)
    return {
        name.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def told_at_run_time(path):
    """Name → module, from the table for run time."""
    tree = ast.parse(path.read_text("utf-8"))
    (homes,) = (ast.literal_eval(node) for node in ast.walk(tree) if type(node) is ast.Dict)
    found = ((name, home) for home, names in homes.items() for name in names.split())
    return {name: f"{package_of(path)}.{home}" for name, home in found}


def test_the_rooms_that_have_much_to_show_are_lazy():
    assert {package_of(path).removeprefix("langchain_smartroute.") for path in LAZY} >= {
        *("accounting", "catalog", "classify", "engine", "execution", "execution.checks"),
        *("routing", "runnable.making", "state", "types"),
    }


@pytest.mark.parametrize("path", LAZY, ids=package_of)
def test_type_checkers_are_told_what_is_found_at_run_time(path):
    assert told_at_run_time(path) == told_to_type_checkers(path)


@pytest.mark.parametrize("path", LAZY, ids=package_of)
def test_what_a_room_shows_is_what_it_says_that_it_shows(path):
    room = importlib.import_module(package_of(path))
    assert sorted(room.__all__) == sorted(told_at_run_time(path))
    assert set(room.__all__) <= set(dir(room))
    for name in room.__all__:
        assert getattr(room, name) is vars(room)[name]


@pytest.mark.parametrize("path", LAZY, ids=package_of)
def test_no_name_is_also_that_of_a_module_beside_it(path):
    """Importing the module would put it in the place of what the room shows by that name.

    `execution.adopted` was both, and calling it said that a module is not callable.
    """
    beside = {entry.stem for entry in path.parent.iterdir()}
    assert not beside & set(told_at_run_time(path))


@pytest.mark.parametrize("path", LAZY, ids=package_of)
def test_an_unknown_name_is_an_attribute_error(path):
    room = importlib.import_module(package_of(path))
    with pytest.raises(AttributeError, match=f"module '{package_of(path)}' has no attribute"):
        _ = room.no_such_name


def test_a_name_is_looked_for_once(monkeypatch):
    types = importlib.import_module("langchain_smartroute.types")
    monkeypatch.delitem(vars(types), "TIERS", raising=False)
    find, _ = on_first_use("langchain_smartroute.types", {"words": "TIERS"})
    found = find("TIERS")
    assert vars(types)["TIERS"] is found
