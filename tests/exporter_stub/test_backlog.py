from threading import Event

import pytest

from exporter_stub.backlog import CAPACITY
from exporter_stub.database import Connection
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from tests.exporter_stub.books import balanced, outcomes
from tests.exporter_stub.conftest import make_run, rows, wait_for


def test_more_than_can_wait_fails_at_once(persistence: Persistence, metrics: UsageMetrics) -> None:
    for number in range(CAPACITY + 1):
        persistence.submit(make_run(str(number)))
    assert outcomes(metrics) == (0, 3)


def test_what_a_worker_has_taken_at_the_end_it_counts_and_nobody_else(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, ended = Event(), Event()

    def held(_: Connection) -> None:
        taken.set()
        ended.wait()

    monkeypatch.setattr(Connection, "check", held)
    with persistence.on(dsn, drain=0):
        persistence.submit(make_run("1"))
        taken.wait()
    assert outcomes(metrics) == (0, 2)
    ended.set()
    wait_for(lambda: outcomes(metrics).success == 1)
    assert balanced(metrics, dsn) == (1, 2)
    assert rows(dsn, "SELECT task_exec_id FROM execution_llm_usage") == [("a1",)]
