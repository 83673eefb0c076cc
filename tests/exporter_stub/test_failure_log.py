import psycopg
import pytest

from exporter_stub.failure_log import EACH, FailureLog
from tests.exporter_stub.conftest import make_run


def test_of_a_flood_a_few_are_told_one_by_one_and_all_are_told_as_a_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = FailureLog()
    agent, task, _ = make_run("1")
    for number in range(1000):
        log.add(agent, psycopg.errors.RaiseException(f"poisoned {number}"))
    log.add(task, psycopg.errors.RaiseException("poisoned"))
    log.add(agent, psycopg.OperationalError("another cause"))
    assert len(caplog.messages) == EACH + 2
    log.end_span(at_least=3600)
    assert len(caplog.messages) == EACH + 2
    for _ in range(2):
        log.end_span()
    (rest,) = caplog.messages[EACH + 2 :]
    assert rest.startswith(f"Failed to persist usage {1000 - EACH} times more, last: exec_id=a1 ")
    assert rest.endswith("component=agent provider=openai model=m error=poisoned 999")
    log.add(agent, psycopg.errors.RaiseException("poisoned again"))
    assert caplog.messages[-1].endswith("error=poisoned again")
