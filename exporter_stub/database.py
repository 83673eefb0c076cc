"""The database: its address, connections with time-outs, the schema, and the SQL of usage."""

from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contract.file import ConfigError
from contract.metrics import Component
from exporter_stub.traffic import Usage

CONNECT_TIMEOUT = 3  # seconds for an attempt to connect
TIMEOUT = 5  # seconds for a statement on the server, and for an unacknowledged packet
# Seconds for a statement on our side: the server's answer, with its reason, should come first.
CLIENT_TIMEOUT = TIMEOUT + 1
_NO_ADDRESS = (
    "DATABASE_URL is not a PostgreSQL address: write it as postgresql://user@host:5432/database, "
    "with %40 for an @ in a password"
)
_SCHEMA_LOCK = 5_001_001  # any constant: an advisory lock for who creates the schema
# Foreign keys are checked at the end of the whole statement, so all rows are there or none.
_SAVE = """
WITH workflow AS (
    INSERT INTO workflow_states (workflow_exec_id, workflow_id, status)
    VALUES (%s, 'report', 'RUNNING')
    ON CONFLICT DO NOTHING
), task AS (
    INSERT INTO task_states (
        workflow_exec_id, task_exec_id, component, task_id, workflow_id, status
    ) SELECT workflow, task, component, 'summarise', 'report', 'RUNNING'
    FROM (VALUES (%s, %s, %s)) AS execution (workflow, task, component) WHERE task IS NOT NULL
    ON CONFLICT DO NOTHING
)
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
_FIND_USAGE = """
SELECT FROM execution_llm_usage
WHERE (workflow_exec_id = %s OR task_exec_id = %s)
    AND component = %s AND provider = %s AND model = %s
"""

T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """A connection that is closed if an answer takes longer than CLIENT_TIMEOUT.

    The server's own limit, statement_timeout, does not help if the server is stopped (SIGSTOP) or
    its host is gone.
    """

    def wait(
        self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = CLIENT_TIMEOUT
    ) -> T:
        """Wait for an answer. Raises psycopg.OperationalError where none comes in time."""
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001  # what it raises
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {timeout} s") from None


def with_time_outs(url: str) -> str:
    """`url` (a DSN or postgresql:// address) with time-outs, unless it sets its own.

    Raises ConfigError if it is neither; the message omits `url`, which may hold a password.
    """
    bounds = {"connect_timeout": CONNECT_TIMEOUT, "tcp_user_timeout": TIMEOUT * 1000}
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigError(_NO_ADDRESS) from None
    host = str(given.get("host", ""))
    if "@" in host and not host.startswith("/"):  # an unescaped @ in the password
        raise ConfigError(_NO_ADDRESS)
    options = f"-c statement_timeout={TIMEOUT * 1000} {given.get('options') or ''}".strip()
    return make_conninfo("", **{**bounds, **given, "options": options})


def create_schema(dsn: str) -> None:
    """Create our tables unless they are there.

    Raises OSError if there is no database, or tables of others are in the way; its message says
    what to check, and omits the password.
    """
    try:
        with Connection.connect(dsn, autocommit=True) as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            marked = connection.execute("SELECT to_regclass('exporter_stub_migrations')")
            if marked.fetchone() == (None,):
                connection.execute(Path(__file__).with_name("schema.sql").read_bytes())
    except psycopg.Error as error:
        what, advice = "no database", "start PostgreSQL, or correct DATABASE_URL"
        if error.sqlstate:  # it answers
            what, advice = "the schema cannot be set up", "give the exporter a database of its own"
        raise OSError(f"{what} ({one_line(error)}): {advice}") from None


def one_line(error: object) -> str:
    """The text of `error` on one line, for a log."""
    return " ".join(str(error).split())


def save(connection: psycopg.Connection[Any], usage: Usage, *, orphaned: bool = False) -> None:
    """Write the row of `usage` and the states that it refers to, or nothing at all.

    Writing it again leaves the same rows. An `orphaned` one refers to no state, and is refused.
    """
    component, *model = usage.label_set
    tokens = usage.prompt_tokens, usage.completion_tokens
    of_workflow = usage.component is Component.WORKFLOW
    workflow, task = (usage.exec_id, None) if of_workflow else (None, usage.exec_id)
    states = usage.workflow_exec_id, usage.workflow_exec_id, task, component
    ids = ("orphan", None) if orphaned else (workflow, task)
    agent = "writer" if usage.component is Component.AGENT else None
    connection.execute(_SAVE, (*states, *ids, component, agent, *model, *tokens, sum(tokens)))


def is_stored(connection: Connection, usage: Usage) -> bool:
    """Whether the row of `usage` is in the database."""
    key = usage.exec_id, usage.exec_id, *usage.label_set
    return connection.execute(_FIND_USAGE, key).fetchone() is not None
