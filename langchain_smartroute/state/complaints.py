"""Error messages for databases: one line with the cause and advice."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

__all__ = ["complaint"]

_OF_SQLITE = {
    "NOTADB": "correct the path, or move the file away and a new one is made",
    "CORRUPT": "restore a copy, or move the file away and a new one is made (sqlite3's .recover"
    " saves what can be read)",
    "READONLY": "let this process write to the file and to its folder",
    "FULL": "make room on its disk",
    "BUSY": "somebody else is writing to it; end that, or keep state of many workers in a server",
    "LOCKED": "somebody else is writing to it; end that, or keep state of many workers in a server",
    "IOERR": "see whether its disk is well and has room",
    "PERM": "let this process read and write the file",
    "ERROR": "its tables are not those of this package; give it a file of its own",
}
"""First word of SQLite's error name → advice."""

_OF_POSTGRESQL = {
    "42501": "grant this user the right to make and change tables",
    "42": "its tables are not those of this package; give it a database or schema of its own",
    "25006": "it takes reads only; connect to the one that is written to",
    "53100": "make room on its disk",
    "53": "let it have more connections or memory",
    "55P03": "others held its rows for too long",
    "57014": "it took too long; see what else it does",
    "57": "it is being shut down or started",
}
"""First characters of the SQLSTATE → advice."""

_NOBODY = "see whether it runs, and whether address, database, user and password are right"


def complaint(error: sa.exc.SQLAlchemyError, url: sa.URL) -> str:
    """The database's message, without a statement's values, and advice.

    Args:
        error: The exception raised.
        url: URL of the database.
    """
    if isinstance(error, sa.exc.TimeoutError):
        return "every connection is busy; see what else the database does"
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    message = str(cause).partition("\n")[0].strip() or type(cause).__name__
    if url.get_backend_name() == "sqlite":
        advice = _about_file(cause, url.database or "")
    else:
        advice = _about_server(error, cause)
    return f"{message}; {advice}" if advice else message


def _about_file(cause: BaseException | None, database: str) -> str:
    name: str = getattr(cause, "sqlite_errorname", "")
    kind = name.removeprefix("SQLITE_").partition("_")[0]
    path = Path(database.removeprefix("file:"))
    if path.is_dir():
        return "that is a folder; name a file in it"
    if kind != "CANTOPEN":
        return _OF_SQLITE.get(kind, "")
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; make it, or correct the path"
    if not path.exists():
        return "there is no such file, or none may be made there; correct the path"
    return "let this process read and write the file"


def _about_server(error: sa.exc.SQLAlchemyError, cause: BaseException | None) -> str:
    state: str | None = getattr(cause, "sqlstate", None)
    if state is None:
        return _NOBODY if isinstance(error, sa.exc.OperationalError) else ""
    found = (advice for begins, advice in _OF_POSTGRESQL.items() if state.startswith(begins))
    return next(found, "")
