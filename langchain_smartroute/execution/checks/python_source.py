"""Detects clear syntax errors in Python code of an answer.

Python code in an answer is often not a module: an interactive session, a notebook cell with
magics, a method without its class, a signature with `...`, a diff, Python 2, or syntax newer
than the current interpreter. Only clear errors count.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap

__all__ = ["python_fault"]

_NOT_SOURCE = re.compile(r"^[ \t]*(?:>>> |In \[\d+\]: |[+-]{3} |@@ )", re.MULTILINE)
_DIFF_LINE = re.compile(r"^[+-](?![+-])[ \t]*\S", re.MULTILINE)
_COMMAND = re.compile(
    r"^([ \t]*)(?:[%!?$][^\n]*|(?:python -m )?pip3? install [^\n]*|conda install [^\n]*"
    r"|[\w.]{1,80}\?{1,2}[ \t]*$)",
    re.MULTILINE,
)
_ESCAPE = re.compile(r"\\(?:\\|([^\n\r'\"\\]))")
_CONTINUES = re.compile(r"\s*(?:elif|else|except|finally|case)\b")
_NEWER = re.compile(
    r"^[ \t]*(?:(?:async )?def|class) \w+\[|^[ \t]*type \w+[^=\n]{0,80}=|\bt[\"']"
    r"|^[ \t]*except [\w.]+,",
    re.MULTILINE,
)


def python_fault(code: str) -> int | None:
    """The line of a clear syntax error in `code`, from 1; `None`: none was found."""
    if _NOT_SOURCE.search(code) or len(_DIFF_LINE.findall(code)) > 1:
        return None
    # Backslashes are replaced, so that invalid escapes cause no warnings.
    source = _ESCAPE.sub("__", _COMMAND.sub(r"\1pass", textwrap.dedent(code)))
    error = _syntax_error(source)
    if error is None:
        return None
    line = error.lineno or 1
    return None if _excused(error, source, line) else line


def _syntax_error(source: str) -> SyntaxError | None:
    try:
        ast.parse(source)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _excused(error: SyntaxError, source: str, line: int) -> bool:
    """Whether the error comes from the form of presentation instead of the code."""
    lines = source.splitlines()
    shown = lines[line - 1] if 0 < line <= len(lines) else ""
    if "..." in shown or "…" in shown or _CONTINUES.match(source):
        return True
    message = error.msg or ""
    if message.startswith(("Missing parentheses in call to", "f-string", "too many nested")):
        return True
    if isinstance(error, IndentationError) and "unexpected indent" in message:
        return _is_cut_out(lines)
    newest_known = (3, 14)
    return sys.version_info < newest_known and _NEWER.search(source) is not None


def _is_cut_out(lines: list[str]) -> bool:
    """Whether all lines but the first are indented, as in a part copied from its first word on."""
    rest = [line for line in lines[1:] if line.strip()]
    return bool(rest) and all(line.startswith((" ", "\t")) for line in rest)
