"""What a rehearsal makes of what Prometheus and the pager say, without either."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from contract.names import AlertName
from stack import rehearsal
from stack.incidents import Incident
from stack.pager import Pager
from stack.rehearsal import Course, Rehearsal, table

LABELS = {"alertname": AlertName.FAILURES, "component": "task"}
ANNOTATIONS = {"summary": "s", "description": "d", "runbook_url": "http://book"}


@dataclass
class _Stack:
    """Stands for the stack and its parts; `script` is what Prometheus says, look by look."""

    script: list[str]
    happened: list[str] = field(default_factory=list)
    speed: int = 60

    @property
    def settings(self) -> "_Stack":
        return self

    supervisor = prometheus = settings

    def check(self) -> None:
        """All parts run."""

    def alerts(self, _: str) -> list[dict[str, Any]]:
        state = self.script.pop(0) if self.script else "firing"
        return [{"state": state}] if state else []


def _notification(status: str, **labels: str) -> dict[str, Any]:
    alert = {"status": status, "labels": {**LABELS, **labels}, "annotations": ANNOTATIONS}
    return {"receiver": "r", "groupLabels": {}, "alerts": [alert]}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at once, and gives up soon."""
    monkeypatch.setattr(rehearsal, "LOOK", 0.001)
    monkeypatch.setattr(rehearsal, "_ALLOWANCE", 0.2)
    monkeypatch.setattr(rehearsal, "_LIMIT", 0)


def _run(stack: _Stack, pager: Pager, *, firing: bool, resolved: bool) -> tuple[Course, str]:
    def begin(_: object) -> None:
        stack.happened.append("began")
        if firing:
            pager.take(_notification("firing", model="m"))
            pager.take(_notification("firing", model="n"))

    def end(_: object) -> None:
        stack.happened.append("ended")
        pager.take(_notification("resolved", model="m"))
        if resolved:
            pager.take(_notification("resolved", model="n"))

    said: list[str] = []
    incident = Incident(AlertName.FAILURES, "it breaks", "it is mended", begin, end)
    course = Rehearsal(stack, pager, said.append).run("outage", incident)  # type: ignore[arg-type]
    return course, "\n".join(said)


def test_an_incident_that_is_notified_and_resolved_misses_nothing() -> None:
    stack = _Stack(["firing"])
    course, said = _run(stack, Pager(0), firing=True, resolved=True)
    assert course.missing() == []
    assert stack.happened == ["began", "ended"]
    assert "runbook: http://book" in said
    assert "component=task model=n" in said
    assert "resolved, the pager was told so" in said


def test_one_of_two_that_is_not_resolved_is_missing() -> None:
    course, said = _run(_Stack(["pending", "firing"]), Pager(0), firing=True, resolved=False)
    assert course.missing() == ["resolved"]
    assert "outage: not resolved within 0 s" in said


def test_what_never_reaches_the_pager_is_missing_and_its_cause_is_ended_even_so() -> None:
    stack = _Stack(["", "pending"])
    course, _ = _run(stack, Pager(0), firing=False, resolved=True)
    assert course.missing() == ["notified", "resolved"]
    assert stack.happened == ["began", "ended"]
    cells = [list(column.cells) for column in table([course]).columns]
    assert cells[0] == ["outage"]
    assert cells[4] == cells[5] == ["-"]
