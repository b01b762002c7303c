"""A database behind a URL: opened on first use, with transactions and schema migrations.

SQLite and PostgreSQL through SQLAlchemy Core. Each table of this package belongs to a schema
(`ledger`, `state`), whose version is stored in the database, so that an older database is
migrated and a newer one is left unchanged.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

from langchain_smartroute.errors import ConfigurationError, StorageError
from langchain_smartroute.types import (
    new_lock,
    new_lock_against_forks,
    not_while_forking,
    renewed_in_forks,
    without_password,
)

try:
    import sqlalchemy as sa
except ImportError as error:
    raise ConfigurationError(
        'a database needs SQLAlchemy: pip install "langchain-smartroute[sql]"'
    ) from error

# Imported after SQLAlchemy, which it needs as well.
from langchain_smartroute.state import sqlite
from langchain_smartroute.state.complaints import complaint
from langchain_smartroute.state.connections import postgresql_engine

__all__ = ["Database", "Migration", "sa"]

Migration = Callable[[sa.Connection], None]
"""Migrates a schema's tables from one version to the next."""

_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_VERSIONS = sa.Table(
    "smartroute_versions",
    sa.MetaData(),
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)
_LOCK = 0x5A47_0001
"""Key of PostgreSQL's advisory lock for migrations, the same in every process."""


class Database:
    """A database, opened on first use in each process.

    Args:
        url: Such as `sqlite:///costs.db` or `postgresql://user:…@host/name`.
        timeout_s: Seconds to wait for a lock, a connection or an answer.
        read_only: Whether nothing may be written, not even migrations.
        durable: Whether a commit survives a power failure, not only a crash of the process.

    Raises:
        ConfigurationError: If the URL is invalid.
    """

    def __init__(
        self, url: str, *, timeout_s: float = 5.0, read_only: bool = False, durable: bool = True
    ) -> None:
        self._url = _read_url(url)
        self._timeout_s = timeout_s
        self._read_only = read_only
        self._durable = durable
        self._lock = new_lock()
        self._turn: AbstractContextManager[object] = nullcontext()
        if self.dialect == "sqlite":
            # SQLite's own waiting for the lock is unfair, so only one thread of a process takes
            # part.
            self._turn = new_lock_against_forks()
        self._engine: sa.Engine | None = None
        self._file: tuple[int, int] | None = None
        self._finalizer: Callable[[], object] = lambda: None
        renewed_in_forks(self, Database._leave_to_parent)

    def _leave_to_parent(self) -> None:
        """Forget the connections, which in a forked process are the parent's, unclosed."""
        if self._engine is not None:
            self._engine.dispose(close=False)
            self._engine = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._safe_url()!r})"

    @property
    def dialect(self) -> str:
        """Kind of database: `sqlite` or `postgresql`."""
        return self._url.get_backend_name()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A read-write transaction, committed at the end or rolled back on an error.

        Raises:
            StorageError: If the database fails.
        """
        with (
            self._translated_errors(),
            self._turn,
            self.engine.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def at_once(self) -> Iterator[sa.Connection]:
        """A connection in autocommit mode.

        Raises:
            StorageError: If the database fails.
        """
        with self._translated_errors(), self.engine.connect() as base:
            yield base.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A read-only transaction.

        Raises:
            StorageError: If the database fails.
        """
        fork_guard = not_while_forking() if self.dialect == "sqlite" else nullcontext()
        with self._translated_errors(), fork_guard, self.engine.connect() as base:
            connection = base.execution_options(smartroute_reads=True)
            with connection.begin():
                yield connection

    def prepare(self, room: str, migrations: Sequence[Migration]) -> None:
        """Migrate the tables of a schema to the current version.

        Args:
            room: Name of the schema.
            migrations: One for each version, starting from an empty database.

        Raises:
            StorageError: If the database cannot be opened, is newer than this release,
                or is older and may not be written to.
        """
        newest = len(migrations)
        if self.was_replaced():
            self.close()
        with self.reading() as connection:
            version = self._version(connection, room)
            self._file = sqlite.identity_of_file(self._url)
        if version > newest:
            raise StorageError(
                f"{self._safe_url()}: its {room} has version {version}, this release reads up to"
                f" {newest}; upgrade langchain-smartroute"
            )
        if version == newest:
            return
        if self._read_only:
            if not version:
                raise StorageError(
                    f"{self._safe_url()}: there is no {room} in it yet; correct the URL, or let a"
                    " router write there first"
                )
            raise StorageError(
                f"{self._safe_url()}: its {room} has version {version}, this release reads {newest}"
                " and may not change it here; open it once for writing"
            )
        with self.writing() as connection:
            if self.dialect == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            _VERSIONS.create(connection, checkfirst=True)
            for migration in migrations[self._version(connection, room) :]:
                migration(connection)
            connection.execute(_VERSIONS.delete().where(_VERSIONS.c.room == room))
            connection.execute(_VERSIONS.insert().values(room=room, version=newest))

    def was_replaced(self) -> bool:
        """Whether its file was deleted or moved since it was prepared, which it then is again."""
        return self._file is not None and self._file != sqlite.identity_of_file(self._url)

    def close(self) -> None:
        """Close its connections; it is opened again when used."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    @property
    def engine(self) -> sa.Engine:
        """SQLAlchemy's engine of this process."""
        with self._lock:
            if self._engine is None:
                self._engine = self._new_engine()
            return self._engine

    def _new_engine(self) -> sa.Engine:
        try:
            return self._configured_engine()
        except ImportError as error:
            raise StorageError(
                f"{self._safe_url()}: its driver is missing ({error.name}); pip install"
                ' "langchain-smartroute[sql]"'
            ) from error

    def _configured_engine(self) -> sa.Engine:
        if self.dialect == "postgresql":
            return postgresql_engine(
                self._url,
                timeout_s=self._timeout_s,
                read_only=self._read_only,
                durable=self._durable,
            )
        engine = sa.create_engine(
            self._file_url(), connect_args={"timeout": self._timeout_s, "check_same_thread": False}
        )
        sqlite.begin_in_turn(
            engine, seconds=self._timeout_s, durable=self._durable, read_only=self._read_only
        )
        if sqlite.is_file(self._url):
            sqlite.close_before_forks(engine)
        self._finalizer()
        self._finalizer = weakref.finalize(self, engine.dispose)
        return engine

    def _file_url(self) -> sa.URL:
        if not self._read_only or not sqlite.is_file(self._url):
            return self._url
        query = {"mode": "ro", "uri": "true"}
        path = Path(self._url.database or "")
        if path.is_file() and _is_fixed(path):
            # Readers also write files next to the database, unless it is opened as immutable.
            query = {"immutable": "1", "uri": "true"}
        return self._url.set(database=f"file:{quote(self._url.database or '')}", query=query)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DataError, sa.exc.IntegrityError):
            # The values are at fault, not the database.
            raise
        except sa.exc.SQLAlchemyError as error:
            raise StorageError(f"{self._safe_url()}: {complaint(error, self._url)}") from error

    def _version(self, connection: sa.Connection, room: str) -> int:
        if not sa.inspect(connection).has_table(_VERSIONS.name):
            return 0
        query = sa.select(_VERSIONS.c.version).where(_VERSIONS.c.room == room)
        version = connection.execute(query).scalar() or 0
        # SQLite stores any type in any column, even text.
        if not isinstance(version, int) or version < 0:
            raise StorageError(
                f"{self._safe_url()}: the version of its {room} is {version!r}, which no release"
                " wrote; restore a copy"
            )
        return version

    def _safe_url(self) -> str:
        """The URL without its password."""
        return str(without_password(self._url.render_as_string(hide_password=True)))


def _is_fixed(path: Path) -> bool:
    """Whether a file cannot change: its disk is read-only, and it has no write-ahead log."""
    if not hasattr(os, "statvfs") or not os.statvfs(path).f_flag & os.ST_RDONLY:
        return False
    log = path.with_name(f"{path.name}-wal")
    return not log.is_file() or log.stat().st_size == 0


def _read_url(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigurationError(
            "url (not shown, as it may hold a password): not the URL of a database; give one such"
            " as sqlite:///costs.db"
        ) from None
    name = parsed.drivername
    parsed = parsed.set(drivername=_DRIVERS.get(name, name))
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationError(
            f"url: {name!r} is not known here; use sqlite or postgresql, or, for state, redis"
        )
    return parsed
