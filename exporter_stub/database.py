"""PostgreSQL: its address with bounded waits, and migrations."""

from importlib import resources

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contract.file import ConfigError

TIMEOUT = 5
"""Seconds for a connection attempt, an unanswered packet, and a statement on the server."""

CLIENT_TIMEOUT = TIMEOUT + 1
"""Seconds for a statement on our side: the server's own answer, with its reason, comes first."""

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


class DatabaseError(Exception):
    """The database cannot be used; the message says why and what to check, never a password."""


def with_time_outs(url: str) -> str:
    """`url` (a DSN or postgresql:// address) with bounded waits, where it names none.

    Raises ConfigError where it is neither; its text may hold a password and is not repeated.
    """
    bounds = {"connect_timeout": TIMEOUT, "tcp_user_timeout": TIMEOUT * 1000}
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
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    applied: list[str] = []
    try:
        with psycopg.connect(dsn) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            connection.execute(_MIGRATIONS_TABLE)
            rows = connection.execute("SELECT version FROM exporter_stub_migrations").fetchall()
            known = {row[0] for row in rows}
            for file in files:
                version = file.name.removesuffix(".sql")
                if version not in known:
                    connection.execute(file.read_bytes())
                    connection.execute(
                        "INSERT INTO exporter_stub_migrations VALUES (%s)", (version,)
                    )
                    applied.append(version)
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"no database ({_one_line(error)}): start PostgreSQL, or correct DATABASE_URL"
        ) from None
    except psycopg.Error as error:
        raise DatabaseError(
            f"the schema cannot be set up ({_one_line(error)}): give the exporter a database of "
            "its own"
        ) from None
    return applied


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
