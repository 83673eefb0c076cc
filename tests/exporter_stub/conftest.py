"""A real PostgreSQL for the whole run, an empty schema for each test, and a clock to set."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest

from contract.metrics import Component
from exporter_stub.availability import Availability
from exporter_stub.database import migrate, with_time_outs
from exporter_stub.deadline import Deadlines
from exporter_stub.embedded_postgres import EmbeddedPostgres
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from exporter_stub.store import UsageStore


class SetClock:
    """A clock that stands still until a test sets it."""

    def __init__(self) -> None:
        """Start anywhere."""
        self.time = 1_000_000.0

    def now(self) -> float:
        """What was set."""
        return self.time

    def wait_until(self, when: float) -> bool:
        """Be there at once."""
        self.time = when
        return True


@pytest.fixture
def clock() -> SetClock:
    """A clock that a test sets."""
    return SetClock()


@pytest.fixture
def metrics(clock: SetClock) -> UsageMetrics:
    """Metrics without a series."""
    return UsageMetrics(clock)


@pytest.fixture
def faults(clock: SetClock, metrics: UsageMetrics) -> Faults:
    """No fault."""
    return Faults(clock, metrics.reset)


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
def store(dsn: str) -> Iterator[UsageStore]:
    """A store of an empty database."""
    with Deadlines() as deadlines, UsageStore(dsn, deadlines) as made:
        yield made


DISCONNECT_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    """What a query gives."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


Persisting = Callable[[str], AbstractContextManager[Persistence]]


@pytest.fixture
def persisting(metrics: UsageMetrics, faults: Faults) -> Persisting:
    """Starts workers on a database, which count in `metrics`."""

    @contextmanager
    def start(dsn: str) -> Iterator[Persistence]:
        with Persistence(dsn, metrics, faults, Availability(), workers=4) as persistence:
            yield persistence

    return start


@pytest.fixture
def run() -> WorkflowRun:
    """A workflow with a task and an agent, each with usage of its own."""
    return make_run("1")


def make_run(name: str) -> WorkflowRun:
    """A run whose ids end in `name`."""
    return WorkflowRun(
        workflow_exec_id=f"w{name}",
        usages=(
            Usage(Component.AGENT, "openai", "m", 100, 10, task_exec_id=f"a{name}", agent_id="x"),
            Usage(Component.TASK, "openai", "m", 200, 0, task_exec_id=f"t{name}"),
            Usage(Component.WORKFLOW, "", "", 300, 30, workflow_exec_id=f"w{name}"),
        ),
    )
