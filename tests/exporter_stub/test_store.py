from dataclasses import replace

import psycopg
import pytest

from contract.metrics import Component
from exporter_stub.deadline import Deadlines
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.store import ConnectionLostError, UsageStore
from tests.exporter_stub.conftest import DISCONNECT_OTHERS, make_run, rows

_TOTALS = """
SELECT component, agent_id, coalesce(workflow_exec_id, task_exec_id), provider, total_tokens
FROM execution_llm_usage ORDER BY id
"""
_RETRIED = "SELECT total_tokens, agent_id, updated_at > created_at FROM execution_llm_usage"
_STATES = """
SELECT workflow_exec_id, task_exec_id, component FROM task_states
JOIN workflow_states USING (workflow_exec_id) ORDER BY task_exec_id
"""


def test_each_execution_becomes_one_row_with_its_total(
    store: UsageStore, dsn: str, run: WorkflowRun
) -> None:
    store.begin(run)
    for usage in run.usages:
        store.save(usage)
    assert rows(dsn, _TOTALS) == [
        ("agent", "x", "a1", "openai", 110),
        ("task", None, "t1", "openai", 200),
        ("workflow", None, "w1", "unknown", 330),
    ]


def test_a_run_begins_once_however_often_it_is_told(
    store: UsageStore, dsn: str, run: WorkflowRun
) -> None:
    for _ in range(2):
        store.begin(run)
    assert rows(dsn, _STATES) == [("w1", "a1", "agent"), ("w1", "t1", "task")]


def test_a_workflow_without_tasks_begins(store: UsageStore, dsn: str) -> None:
    usage = Usage(Component.WORKFLOW, "o", "m", 1, 1, workflow_exec_id="w2")
    store.begin(WorkflowRun("w2", (usage,)))
    store.save(usage)
    assert len(rows(dsn, _TOTALS)) == 1


def test_a_retried_execution_overwrites_its_row(
    store: UsageStore, dsn: str, run: WorkflowRun
) -> None:
    usage = run.usages[0]
    store.begin(run)
    store.save(usage)
    store.save(replace(usage, prompt_tokens=7, agent_id="editor"))
    assert rows(dsn, _RETRIED) == [(17, "editor", True)]


def test_usage_of_an_unknown_execution_is_refused_by_the_database(store: UsageStore) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        store.save(Usage(Component.TASK, "openai", "m", 1, 1, task_exec_id="nobody's"))
    assert store.connected


@pytest.mark.parametrize("scope", [{}, {"workflow_exec_id": "w1", "task_exec_id": "t1"}])
def test_a_row_belongs_to_exactly_one_scope(
    store: UsageStore, run: WorkflowRun, scope: dict[str, str]
) -> None:
    store.begin(run)
    with pytest.raises(psycopg.errors.CheckViolation):
        store.save(Usage(Component.TASK, "openai", "m", 1, 1, **scope))


def test_deleting_a_workflow_deletes_its_usage(
    store: UsageStore, dsn: str, run: WorkflowRun
) -> None:
    store.begin(run)
    for usage in run.usages:
        store.save(usage)
    with psycopg.connect(dsn) as connection:
        connection.execute("DELETE FROM workflow_states")
    assert rows(dsn, "SELECT 1 FROM execution_llm_usage") == []


def test_a_write_that_the_connection_breaks_under_may_have_happened(
    store: UsageStore, dsn: str, run: WorkflowRun
) -> None:
    store.begin(run)
    rows(dsn, DISCONNECT_OTHERS)
    with pytest.raises(ConnectionLostError):
        store.save(run.usages[0])
    assert not store.connected
    store.save(run.usages[0])
    assert len(rows(dsn, "SELECT 1 FROM execution_llm_usage")) == 1


def test_a_write_without_a_connection_has_not_happened(run: WorkflowRun) -> None:
    nowhere = "host=127.0.0.1 port=1 connect_timeout=2"
    with Deadlines() as deadlines, UsageStore(nowhere, deadlines) as store:
        with pytest.raises(psycopg.OperationalError):
            store.save(run.usages[0])
        assert not store.connected


def test_a_delay_is_spent_in_the_database_and_its_limit_refuses_the_row(
    store: UsageStore, dsn: str
) -> None:
    run = make_run("2")
    store.begin(run)
    store.save(run.usages[0], delay=0.01)
    with pytest.raises(psycopg.errors.QueryCanceled):
        store.save(run.usages[1], delay=60)
    assert len(rows(dsn, "SELECT 1 FROM execution_llm_usage")) == 1
