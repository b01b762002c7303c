"""What users call says what it takes, what it raises and how it is used."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap

import pytest

import langchain_smartroute
from langchain_smartroute import sandbox, testing

PUBLIC = {
    f"{home.__name__}.{name}": found
    for home in (langchain_smartroute, testing, sandbox)
    for name in home.__all__
    if inspect.isroutine(found := getattr(home, name)) or inspect.isclass(found)
}
SECTIONS = ("Args:", "Attributes:")
EACH = pytest.mark.parametrize("name", PUBLIC)


def named_in(*objects):
    """The parameters and attributes that docstrings have a line for."""
    texts = [inspect.getdoc(found) or "" for found in objects]
    elsewhere = re.findall(r"The rates are those of `(\w+)`", " ".join(texts))
    texts += [PUBLIC[f"langchain_smartroute.{name}"].__doc__ for name in elsewhere]
    parts = [text.split(part, 1)[1] for text in texts for part in SECTIONS if part in text]
    return set(re.findall(r"^\s+\*{0,2}(\w+): ", "\n".join(parts), re.MULTILINE))


def ours(found):
    return [kind for kind in found.__mro__ if kind.__module__.startswith("langchain_smartroute")]


def parameters_of(routine):
    found = list(inspect.signature(routine).parameters.values())
    return [p.name for p in found if p.name not in ("self", "cls") and not p.name.startswith("_")]


def parts_of(found):
    """What its constructor takes: fields or parameters."""
    if not inspect.isclass(found):
        return parameters_of(found)
    if getattr(found, "_is_protocol", False):
        return []
    if dataclasses.is_dataclass(found) and "__init__" not in vars(found):
        return [f.name for f in dataclasses.fields(found) if f.init and not f.name.startswith("_")]
    if hasattr(found, "model_fields"):
        own = {name for kind in ours(found) for name in vars(kind).get("__annotations__", {})}
        return [name for name in found.model_fields if name in own]
    if "__init__" in vars(found):
        # What goes into the message of an error is no attribute of it.
        return [n for n in parameters_of(found.__init__) if n not in ("message", "data")]
    return []


def methods_of(found):
    """Its own public methods and properties, without inherited ones."""
    for name, member in vars(found).items():
        routine = getattr(member, "fget", None) or getattr(member, "__func__", member)
        new = not any(name in vars(kind) for kind in found.__mro__[1:])
        if inspect.isfunction(routine) and new and not name.startswith("_"):
            yield name, routine


def raised_by(routine):
    """The errors that the body of a routine raises by their name."""
    if routine.__code__.co_filename.startswith("<"):
        return set()  # a dataclass's, made from its fields
    tree = ast.parse(textwrap.dedent(inspect.getsource(routine)))
    calls = (n.exc for n in ast.walk(tree) if isinstance(n, ast.Raise) and n.exc is not None)
    functions = (call.func if isinstance(call, ast.Call) else call for call in calls)
    return {f.id for f in functions if isinstance(f, ast.Name) and f.id.endswith("Error")}


@EACH
def test_it_says_in_a_sentence_what_it_is(name):
    first = (PUBLIC[name].__doc__ or "").strip().splitlines()[0]
    assert re.fullmatch(r"[A-Z`].*[.:]", first), first


@EACH
def test_everything_that_it_takes_has_a_line(name):
    found = PUBLIC[name]
    told = named_in(*(ours(found) if inspect.isclass(found) else [found]))
    assert [part for part in parts_of(found) if part not in told] == []


@EACH
def test_it_has_an_example(name):
    """It runs with the other tests. An error without attributes of its own needs none."""
    found = PUBLIC[name]
    plain = inspect.isclass(found) and issubclass(found, Exception) and not parts_of(found)
    assert plain or ">>> " in found.__doc__


@EACH
def test_its_methods_say_what_they_do_and_take(name):
    found = PUBLIC[name]
    missing = []
    for method, routine in methods_of(found) if inspect.isclass(found) else ():
        if not routine.__doc__:
            missing.append(method)
        # One argument is told of in the sentence; hooks are called by others than users.
        elif len(parameters_of(routine)) > 1 and not method.startswith("on_"):
            told = named_in(routine)
            missing += [f"{method}: {p}" for p in parameters_of(routine) if p not in told]
    assert missing == []


@EACH
def test_what_it_raises_itself_is_told(name):
    found = PUBLIC[name]
    silent = []
    if inspect.isclass(found):
        routines = dict(methods_of(found))
        makes = () if getattr(found, "_is_protocol", False) else ("__init__", "__post_init__")
        made = {name: vars(found)[name] for name in makes if name in vars(found)}
        silent += [n for n, r in made.items() if raised_by(r) and "Raises:" not in found.__doc__]
    else:
        routines = {name: found}
    silent += [n for n, r in routines.items() if raised_by(r) and "Raises:" not in r.__doc__]
    assert silent == []


def test_a_docstring_that_leaves_something_out_is_found():
    def half(given, left):
        """Say half.

        Args:
            given: This.
        """
        if left:
            raise ValueError(given)

    assert named_in(half) == {"given"}
    assert parameters_of(half) == ["given", "left"]
    assert raised_by(half) == {"ValueError"}
