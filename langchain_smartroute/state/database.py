"""A database behind a URL: opened on use, one way to write, versions that are told apart.

SQLite and PostgreSQL through SQLAlchemy Core. Every table of this package belongs to
a room (`ledger`, `state`) whose version is written down beside it, so that an older
file is brought up to date and a newer one is left alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any

from langchain_smartroute.errors import ConfigurationError, StorageError

try:
    import sqlalchemy as sa
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite
except ImportError as error:
    raise ConfigurationError(
        'a database needs SQLAlchemy: pip install "langchain-smartroute[sql]"'
    ) from error

__all__ = ["Database", "Migration", "insert_into", "sa", "upsert"]

Migration = Callable[[sa.Connection], None]
"""Takes a room's tables from one version to the next."""

_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_VERSIONS = sa.Table(
    "smartroute_versions",
    sa.MetaData(),
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)
_LOCK = 0x5A47_0001
"""Any number, the same in every process: PostgreSQL's lock while versions change."""


class Database:
    """A database, opened when it is first used, in each process anew.

    Args:
        url: Such as `sqlite:///costs.db` or `postgresql://user:…@host/name`.
        timeout_s: Seconds to wait for a lock, a connection or an answer.
        read_only: Whether nothing may be written, not even to bring it up to date.
        durable: Whether a commit also survives the machine, not the process alone.

    Raises:
        ConfigurationError: If the URL is not understood.
    """

    def __init__(
        self, url: str, *, timeout_s: float = 5.0, read_only: bool = False, durable: bool = True
    ) -> None:
        self._url = _read_url(url)
        self._timeout_s = timeout_s
        self._read_only = read_only
        self._durable = durable
        self._lock = threading.Lock()
        self._engine: sa.Engine | None = None
        self._pid = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._url)!r})"

    @property
    def dialect(self) -> str:
        """Which database it is: `sqlite` or `postgresql`."""
        return self._url.get_backend_name()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes; it is committed at the end, or rolled back.

        Raises:
            StorageError: If the database does not do what it is asked to.
        """
        with self._told(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads.

        Raises:
            StorageError: If the database does not do what it is asked to.
        """
        with self._told(), self.engine.connect() as plain:
            connection = plain.execution_options(smartroute_reads=True)
            with connection.begin():
                yield connection

    def prepare(self, room: str, migrations: Sequence[Migration]) -> None:
        """Bring the tables of a room up to date.

        Args:
            room: Whose tables.
            migrations: One for each version, from an empty database on.

        Raises:
            StorageError: If the database cannot be opened, is newer than this release,
                or is older and may not be written to.
        """
        newest = len(migrations)
        with self.reading() as connection:
            found = _version(connection, room)
        if found > newest:
            raise StorageError(
                f"{self._shown()}: its {room} has version {found}, this release reads up to"
                f" {newest}; upgrade langchain-smartroute"
            )
        if found == newest:
            return
        if self._read_only:
            raise StorageError(
                f"{self._shown()}: its {room} has version {found}, this release reads {newest}"
                " and may not change it here; open it once for writing"
            )
        with self.writing() as connection:
            if self.dialect == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            _VERSIONS.create(connection, checkfirst=True)
            for migration in migrations[_version(connection, room) :]:
                migration(connection)
            connection.execute(_VERSIONS.delete().where(_VERSIONS.c.room == room))
            connection.execute(_VERSIONS.insert().values(room=room, version=newest))

    def close(self) -> None:
        """Give up its connections; it opens again when it is used."""
        with self._lock:
            if self._engine is not None and self._pid == os.getpid():
                self._engine.dispose()
            self._engine = None

    @property
    def engine(self) -> sa.Engine:
        """The engine of this process."""
        with self._lock:
            if self._engine is None or self._pid != os.getpid():
                if self._engine is not None:
                    # Connections of the parent process: not ours to close.
                    self._engine.dispose(close=False)
                self._engine, self._pid = self._opened(), os.getpid()
            return self._engine

    def _opened(self) -> sa.Engine:
        try:
            return self._with_settings()
        except ImportError as error:
            raise StorageError(
                f"{self._shown()}: its driver is missing ({error.name}); pip install"
                ' "langchain-smartroute[sql]"'
            ) from error

    def _with_settings(self) -> sa.Engine:
        if self.dialect == "postgresql":
            limit_ms = int(self._timeout_s * 1000)
            options = f"-c lock_timeout={limit_ms} -c statement_timeout={limit_ms}"
            return sa.create_engine(
                self._url,
                pool_pre_ping=True,
                pool_timeout=self._timeout_s,
                connect_args={
                    "connect_timeout": max(1, round(self._timeout_s)),
                    "options": options if not self._read_only else "",
                },
            )
        engine = sa.create_engine(
            self._file_url(), connect_args={"timeout": self._timeout_s, "check_same_thread": False}
        )
        sa.event.listen(engine, "connect", self._set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _file_url(self) -> sa.URL:
        if not self._read_only or self._url.database in (None, "", ":memory:"):
            return self._url
        query = {"mode": "ro", "uri": "true"}
        return self._url.set(database=f"file:{self._url.database}", query=query)

    def _set_up_sqlite(self, connection: Any, _record: Any) -> None:
        # The driver begins transactions by itself, too late for `begin immediate`.
        connection.isolation_level = None
        if self._read_only:
            return
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DataError, sa.exc.IntegrityError):
            # The values' fault: the database is well.
            raise
        except sa.exc.SQLAlchemyError as error:
            raise StorageError(f"{self._shown()}: {_cause(error)}") from error

    def _shown(self) -> str:
        """The URL without its password."""
        return self._url.render_as_string(hide_password=True)


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """The database's own kind of insert, which knows what to do where a row is there already."""
    return _insert_in(connection.dialect.name, table)


def _insert_in(dialect: str, table: sa.Table) -> Any:
    return insert_postgresql(table) if dialect == "postgresql" else insert_sqlite(table)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    adding: Sequence[str] = (),
) -> int:
    """Insert rows; of those that are there already, the named numbers are added up.

    Args:
        connection: A transaction that writes.
        table: Where to.
        rows: All with the same columns.
        adding: What to add up; empty: rows that are there stay as they are.

    Returns:
        How many rows were inserted or changed.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    statement, ordered = _upsert_in(connection.dialect.name, table, names, tuple(adding))
    if ordered is None:
        return connection.exec_driver_sql(statement, [dict(row) for row in rows]).rowcount
    read = itemgetter(*ordered)
    return connection.exec_driver_sql(statement, [tuple(read(row)) for row in rows]).rowcount


@lru_cache(maxsize=64)
def _upsert_in(
    dialect: str, table: sa.Table, names: tuple[str, ...], adding: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None]:
    """An upsert in the words of a database's driver, with the order of its parameters.

    Written out once: SQLAlchemy would work each row's parameters out anew, which costs
    more than storing it.
    """
    statement = _insert_in(dialect, table)
    key = list(table.primary_key.columns)
    if adding:
        changes = {name: table.c[name] + statement.excluded[name] for name in adding}
        statement = statement.on_conflict_do_update(index_elements=key, set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    url = "postgresql+psycopg://" if dialect == "postgresql" else "sqlite://"
    compiled = statement.compile(dialect=sa.make_url(url).get_dialect()(), column_keys=list(names))
    order = compiled.positiontup
    return str(compiled), None if order is None else tuple(order)


def _read_url(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigurationError(
            f"url = {url!r}: not the URL of a database; give one such as sqlite:///costs.db"
        ) from error
    name = parsed.drivername
    parsed = parsed.set(drivername=_DRIVERS.get(name, name))
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationError(
            f"url: {name!r} is no database that is known here; use sqlite or postgresql"
        )
    return parsed


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("smartroute_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _version(connection: sa.Connection, room: str) -> int:
    if not sa.inspect(connection).has_table(_VERSIONS.name):
        return 0
    found = connection.execute(sa.select(_VERSIONS.c.version).where(_VERSIONS.c.room == room))
    return found.scalar() or 0


def _cause(error: sa.exc.SQLAlchemyError) -> str:
    """What the database said, in one line and without the values of a statement."""
    said = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(said).partition("\n")[0]
