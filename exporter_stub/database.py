"""PostgreSQL: its address with bounded waits, connections that give up, and migrations."""

from importlib import resources
from typing import Any, Self, TypeVar

import psycopg
import psycopg.waiting
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contract.file import ConfigError

CONNECT_TIMEOUT = 3  # seconds for an attempt to connect
TIMEOUT = 5  # seconds for a statement on the server, and for a packet that nobody acknowledges
# Seconds for a statement on our side: the server's own answer, with its reason, comes first.
CLIENT_TIMEOUT = TIMEOUT + 1
_NO_ADDRESS = (
    "DATABASE_URL is not a PostgreSQL address: write it as postgresql://user@host:5432/database, "
    "with %40 for an @ in a password"
)
_MIGRATION_LOCK = 5_001_001  # any constant: an advisory lock that only migrations take
_MIGRATIONS_TABLE = """
CREATE TABLE IF NOT EXISTS exporter_stub_migrations (
    version text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()
)
"""

T = TypeVar("T")


class DatabaseError(Exception):
    """The database cannot be used; the message says why and what to check, never a password."""


class Connection(psycopg.Connection[Any]):
    """A connection that is closed where an answer takes longer than CLIENT_TIMEOUT.

    PostgreSQL's statement_timeout is the server's: one that is stopped (SIGSTOP), or whose host is
    gone, does not keep it.
    """

    answered = False
    """Whether any statement was answered."""

    @classmethod
    def open(cls, dsn: str) -> Self:
        """Connect, each statement a transaction. Raises psycopg.OperationalError."""
        return cls.connect(dsn, autocommit=True)

    def wait(
        self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = CLIENT_TIMEOUT
    ) -> T:
        """Wait for an answer. Raises psycopg.OperationalError where none comes in time."""
        try:
            found = psycopg.waiting.wait(gen, self.pgconn.socket, interval, timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001  # what waits translates it
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {timeout} s") from None
        except (KeyboardInterrupt, SystemExit):
            self.pgconn.finish()
            raise
        self.answered = True
        return found


def with_time_outs(url: str) -> str:
    """`url` (a DSN or postgresql:// address) with bounded waits, where it names none.

    Raises ConfigError where it is neither; its text may hold a password and is not repeated.
    """
    bounds = {"connect_timeout": CONNECT_TIMEOUT, "tcp_user_timeout": TIMEOUT * 1000}
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigError(_NO_ADDRESS) from None
    host = str(given.get("host", ""))
    if "@" in host and not host.startswith("/"):  # an @ in the password: what follows is no host
        raise ConfigError(_NO_ADDRESS)
    for name in bounds:
        if not str(given.get(name, 0)).isdecimal():
            raise ConfigError(f"DATABASE_URL: {name} must be a whole number")
    options = f"-c statement_timeout={TIMEOUT * 1000} {given.get('options') or ''}".strip()
    return make_conninfo("", **{**bounds, **given, "options": options})


def migrate(dsn: str) -> list[str]:
    """Apply the SQL files that `dsn` has not seen yet, in one transaction; return their names.

    Raises DatabaseError where there is no database, or a file does not apply.
    """
    folder = resources.files("exporter_stub") / "migrations"
    files = {file.name.removesuffix(".sql"): file.read_bytes() for file in folder.iterdir()}
    try:
        with Connection.open(dsn) as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            connection.execute(_MIGRATIONS_TABLE)
            rows = connection.execute("SELECT version FROM exporter_stub_migrations").fetchall()
            missing = sorted(files.keys() - {row[0] for row in rows})
            for version in missing:
                connection.execute(files[version])
                connection.execute("INSERT INTO exporter_stub_migrations VALUES (%s)", (version,))
            return missing
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"no database ({one_line(error)}): start PostgreSQL, or correct DATABASE_URL"
        ) from None
    except psycopg.Error as error:
        raise DatabaseError(
            f"the schema cannot be set up ({one_line(error)}): give the exporter a database of "
            "its own"
        ) from None


def one_line(error: object) -> str:
    """What `error` says, for a log."""
    return " ".join(str(error).split())
