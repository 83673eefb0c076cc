"""A real PostgreSQL for the whole run, and an empty schema for each test."""

from collections.abc import Iterator

import psycopg
import pytest

from contract.metrics import Component
from exporter_stub.database import migrate, with_time_outs
from exporter_stub.embedded_postgres import EmbeddedPostgres
from exporter_stub.executions import Usage, WorkflowRun


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running embedded PostgreSQL."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def empty_dsn(server: EmbeddedPostgres) -> str:
    """A database without a schema."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return with_time_outs(server.dsn)


@pytest.fixture
def dsn(empty_dsn: str) -> str:
    """A database with our schema and no rows."""
    migrate(empty_dsn)
    return empty_dsn


@pytest.fixture
def run() -> WorkflowRun:
    """A workflow with a task and an agent, each with usage of its own."""
    return WorkflowRun(
        workflow_exec_id="w1",
        usages=(
            Usage(Component.AGENT, "openai", "m", 100, 10, task_exec_id="t2", agent_id="writer"),
            Usage(Component.TASK, "openai", "m", 200, 0, task_exec_id="t1"),
            Usage(Component.WORKFLOW, "", "", 300, 30, workflow_exec_id="w1"),
        ),
    )
