"""The database: its address, connections that give up, migrations, and the SQL of usage."""

import select
from importlib import resources
from typing import Any, Self, TypeVar

import psycopg
import psycopg.waiting
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contract.file import ConfigError
from exporter_stub.traffic import Usage, WorkflowRun

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
_UPSERT_USAGE = """
INSERT INTO execution_llm_usage (
    workflow_exec_id, task_exec_id, component, agent_id, provider, model,
    prompt_tokens, completion_tokens, total_tokens
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (
    coalesce(workflow_exec_id, ''), coalesce(task_exec_id, ''), component, provider, model
) DO UPDATE SET
    agent_id = excluded.agent_id,
    prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens,
    total_tokens = excluded.total_tokens
"""
# References are looked at when the whole statement has ended: all is there, or nothing.
_WITH_STATES = """
WITH workflow AS (
    INSERT INTO workflow_states (workflow_exec_id, workflow_id, status)
    VALUES (%s, 'report', 'RUNNING')
    ON CONFLICT DO NOTHING
), tasks AS (
    INSERT INTO task_states (
        task_exec_id, task_id, workflow_exec_id, workflow_id, component, status
    ) SELECT task, 'summarise', %s, 'report', component, 'RUNNING'
    FROM unnest(%s::text[], %s::text[]) AS execution (task, component)
    ON CONFLICT DO NOTHING
)
"""
_FIND_USAGE = """
SELECT FROM execution_llm_usage
WHERE (workflow_exec_id = %s OR task_exec_id = %s)
    AND component = %s AND provider = %s AND model = %s
"""

T = TypeVar("T")


class DatabaseError(Exception):
    """The database cannot be used; the message says why and what to check, never a password."""


class Connection(psycopg.Connection[Any]):
    """A connection that is closed where an answer takes longer than CLIENT_TIMEOUT.

    The server's own limit, statement_timeout, does not help where the server is stopped (SIGSTOP)
    or its host is gone.
    """

    answered = False  # whether any statement was answered

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

    def check(self) -> None:
        """Read what it was sent while idle. Raises psycopg.OperationalError where it has ended."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        while poll.poll(0):
            self.pgconn.consume_input()


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


def save(connection: psycopg.Connection[Any], usage: Usage, run: WorkflowRun | None = None) -> None:
    """Write the row of `usage`, with the states of the whole `run` where one is given: all or none.

    Doing so again overwrites it with the same.
    """
    component, *model = usage.label_set
    tokens = usage.prompt_tokens, usage.completion_tokens
    ids = usage.workflow_exec_id, usage.task_exec_id
    row = *ids, component, usage.agent_id, *model, *tokens, sum(tokens)
    if run is None:
        connection.execute(_UPSERT_USAGE, row)
    else:
        tasks = [one for one in run.usages if one.task_exec_id is not None]
        columns = [one.task_exec_id for one in tasks], [one.component for one in tasks]
        states = run.workflow_exec_id, run.workflow_exec_id, *columns
        connection.execute(_WITH_STATES + _UPSERT_USAGE, (*states, *row))


def is_stored(connection: Connection, usage: Usage) -> bool:
    """Whether the row of `usage` is there."""
    key = usage.workflow_exec_id, usage.task_exec_id, *usage.label_set
    return connection.execute(_FIND_USAGE, key).fetchone() is not None
