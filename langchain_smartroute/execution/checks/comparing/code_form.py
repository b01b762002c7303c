"""Source code without what does not matter: formatting, comments, names of local variables."""

from __future__ import annotations

import ast
import re
import textwrap

from langchain_smartroute.execution.checks.fences import blocks_of

__all__ = ["code_form", "code_in"]

_PYTHON = frozenset({"", "python", "py", "python3", "py3"})
_MOST_CHARS = 20_000
_MAGIC = re.compile(r"^[ \t]*[%!$][^\n]*$", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?:([\\'\"abfnrtv0-7xNuU\n])|([\s\S]))")
_GLUED = re.compile(r"\b(\d\w*?)(and|else|for|if|in|is|not|or)\b")
_BLANK = re.compile(r"[ \t]+")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def code_in(text: str) -> str | None:
    r"""The code that an answer shows, its fenced blocks one after another; `None`: it shows none.

    Shell commands beside other code are not part of it.

    Example:
        >>> code_in("Like this:\n```python\nprint(1)\n```\nDone.")
        'print(1)\n'
    """
    blocks = [block for block in blocks_of(text) if block.code.strip()]
    shells = ("bash", "sh", "shell", "console", "text")
    chosen = [block for block in blocks if block.language not in shells] or blocks
    return "\n".join(block.code for block in chosen) or None


def code_form(code: str) -> str:
    r"""A form that is equal for code that does the same in the same steps.

    Python that parses: its syntax tree without docstrings and annotations, local variables
    numbered in the order in which they appear. Anything else: its lines without blanks
    around and between words.

    Example:
        >>> code_form("def f(x):\n  y = x  # why\n  return y") == code_form(
        ...     "def f(x: int) -> int:\n    'Doubles.'\n    out=x\n    return out"
        ... )
        True
    """
    code = textwrap.dedent(code)[:_MOST_CHARS]
    try:
        source = _GLUED.sub(r"\1 \2", _MAGIC.sub("", code))
        tree = ast.parse(_ESCAPE.sub(_doubled, source))
        return ast.dump(_Plain().visit(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        lines = (_BLANK.sub(" ", line).strip() for line in code.splitlines())
        return "\n".join(line for line in lines if line)


def _doubled(escape: re.Match[str]) -> str:
    return escape.group() if escape.group(1) else f"\\{escape.group()}"


class _Plain(ast.NodeTransformer):
    """Takes off what does not matter."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is None or not isinstance(node.target, ast.Name):
            return node
        return ast.Assign(targets=[node.target], value=node.value)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = _without_docstring(node.body)
        _number_locals(node)
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (body[1:] or [ast.Pass()]) if said else body


def _number_locals(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Number the variables that a function assigns; parameters are part of what it offers."""
    nodes = list(ast.walk(function))
    kept = {node.arg for node in nodes if isinstance(node, ast.arg)}
    kept |= {n for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for n in node.names}
    kept |= {node.name for node in nodes if isinstance(node, (*_FUNCTIONS, ast.ClassDef))}
    numbers: dict[str, str] = {}
    names = [node for node in nodes if isinstance(node, ast.Name)]
    for name in sorted(names, key=lambda name: (name.lineno, name.col_offset)):
        if isinstance(name.ctx, ast.Store) and name.id not in kept:
            numbers.setdefault(name.id, f"_{len(numbers)}")
    for name in names:
        name.id = numbers.get(name.id, name.id)
