"""What a rehearsal makes of what Prometheus and the pager say, without either."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from config import Config, IngestionFailures, TokenSpike, ZeroTraffic
from stack import rehearsal
from stack.incidents import OUTAGE, SILENCE, SPIKE, Incident, incidents
from stack.journal import Journal
from stack.pager import Pager
from stack.rehearsal import STEPS, Rehearsal

ANNOTATIONS = {"summary": "s", "description": "4.28 times", "runbook_url": "http://book"}
LABEL_SET = {"component": "task", "model": "m"}
LOST_TOO = {**LABEL_SET, "model": "n"}
AWAY = {"alertname": IngestionFailures.name, **LABEL_SET}
AWAY_TOO = {**AWAY, **LOST_TOO}
SILENT = {"alertname": ZeroTraffic.name, "component": "workflow"}
OPENAI = {"provider": "openai", "model": "gpt-4o-mini"}
SPIKING = {"alertname": TokenSpike.name, "component": "agent", **OPENAI}
LOOKS = 10
"""What is not seen in so many looks does not come."""


@dataclass
class _World:
    """Stands for the stack and its parts: what is notified at once, when a fault begins or ends.

    One of `moments`, if there is any, comes before each look.
    """

    journal: Journal
    terminal: pytest.CaptureFixture[str]
    pager: Pager = field(default_factory=Pager)
    active: list[dict[str, str]] = field(default_factory=list)
    state: str = "firing"
    happened: list[str] = field(default_factory=list)
    moments: list[Callable[[], None]] = field(default_factory=list)
    config: Config = field(default_factory=Config)
    lost: list[dict[str, str]] = field(default_factory=lambda: [LABEL_SET])

    def __post_init__(self) -> None:
        self.supervisor = self.prometheus = self

    def pause(self) -> None:
        """All parts run."""
        if self.moments:
            self.moments.pop(0)()

    def alerts(self) -> list[dict[str, Any]]:
        told = {"state": self.state, "annotations": ANNOTATIONS}
        return [{**told, "labels": labels} for labels in self.active]

    def query(self, _: str) -> list[dict[str, Any]]:
        return [{"metric": labels} for labels in self.lost]

    def notify(self, status: str, labels: dict[str, str]) -> None:
        alert = {"status": status, "labels": labels, "annotations": ANNOTATIONS}
        self.pager.take({"receiver": "r", "groupLabels": {}, "alerts": [alert]})

    def incident(self, name: str, *raised: dict[str, str], ends: bool = True) -> Incident:
        """The one of that name, which raises alerts at its begin, and resolves all or but one."""

        def begin(_: object) -> None:
            self.happened.append(f"{name} begins")
            for labels in raised:
                self.active.append(labels)
                self.notify("firing", labels)

        def end(_: object) -> None:
            self.happened.append(f"{name} ends")
            for labels in raised if ends else raised[1:]:
                self.active.remove(labels)
                self.notify("resolved", labels)

        return replace(incidents(Config())[name], begin=begin, end=end)

    def rehearse(self, *stages: list[Incident], overlap: bool = True) -> tuple[Rehearsal, str]:
        """The rehearsal of these stages, and what it said."""
        made = Rehearsal(self)  # type: ignore[arg-type]
        made.run(stages, overlap=overlap)
        return made, self.terminal.readouterr().out


@pytest.fixture
def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> _World:
    """Its time is looks, not seconds."""

    def awaited(seen: Callable[[], Any], _: float, look: Callable[[], Any]) -> bool:
        return any(seen() or look() for _ in range(LOOKS))

    monkeypatch.setattr(rehearsal, "awaited", awaited)
    return _World(Journal(tmp_path), capsys)


@pytest.mark.parametrize(
    ("raised", "lost", "ends", "told"),
    [
        (1, 1, True, []),
        (2, 2, True, []),
        (1, 2, True, ["database-outage: was not paged", "not paged: component=task model=n"]),
        (0, 1, True, ["database-outage: was not firing, paged, resolved"]),
        (2, 2, False, ["database-outage: was not resolved"]),
    ],
)
def test_each_label_set_that_had_lost_usage_must_be_paged_and_resolved_and_the_cause_is_ended(
    world: _World, *, raised: int, lost: int, ends: bool, told: list[str]
) -> None:
    world.lost = [LABEL_SET, LOST_TOO][:lost]
    made, said = world.rehearse([world.incident(OUTAGE, *[AWAY, AWAY_TOO][:raised], ends=ends)])
    assert made.failures() == told
    assert ("database-outage: not resolved within 1980 s" in said) == (not ends or not raised)
    assert world.happened == ["database-outage begins", "database-outage ends"]


def test_an_alert_of_other_labels_is_no_proof_and_is_told_paged_or_not(world: _World) -> None:
    world.active.append(AWAY)
    world.notify("firing", SILENT)
    made, said = world.rehearse([world.incident(SPIKE, {**SPIKING, "component": "task"})])
    assert made.failures() == [
        "token-spike: was not firing, paged, resolved",
        *(f"another alert fired: {name}: 4.28 times" for name in made.others),
    ]
    assert [name.split()[:2] for name in made.others] == [
        [f"alertname={IngestionFailures.name}", "component=task"],
        [f"alertname={TokenSpike.name}", "component=task"],
        [f"alertname={ZeroTraffic.name}", "component=workflow"],
    ]
    assert said.count("ANOTHER ALERT fires: ") == 3


def test_a_step_is_seen_once_and_what_fires_or_was_not_told_is_not_resolved(world: _World) -> None:
    """An alert of another incident that is only pending is not told."""
    other, incident = AWAY_TOO, world.incident(OUTAGE)
    seen: list[str] = []

    def moment(state: str, active: list[Any], notices: list[tuple[str, Any]]) -> None:
        seen.append([*incident.times][-1])
        world.state, world.active = state, active
        for notice in notices:
            world.notify(*notice)

    moments: list[tuple[str, list[Any], list[tuple[str, Any]]]] = [
        ("pending", [AWAY, SILENT], []),
        ("firing", [AWAY, other], []),
        ("firing", [AWAY, other], [("firing", AWAY), ("firing", other)]),
        ("firing", [], [("resolved", other)]),
        ("firing", [AWAY], [("resolved", AWAY)]),
        ("firing", [], []),
    ]
    world.moments = [partial(moment, *each) for each in moments]
    made, said = world.rehearse([incident])
    assert made.failures() == []
    assert seen == ["begun", "pending", "firing", "paged", "paged", "paged"]
    for step in STEPS[1:]:
        assert said.count(f"database-outage: {IngestionFailures.name} {step}\n") == 1
    page = ("s", "4.28 times", f"alertname={IngestionFailures.name} component=task model=m")
    for line in (*page, "runbook: http://book"):
        assert f"  | {line}\n" in said


@pytest.mark.parametrize("overlap", [True, False])
def test_a_stage_begins_once_the_faults_of_the_one_before_have_ended(
    world: _World, *, overlap: bool
) -> None:
    side_by_side = [world.incident(SILENCE, SILENT), world.incident(SPIKE, SPIKING)]
    made, said = world.rehearse(side_by_side, [world.incident(OUTAGE, AWAY)], overlap=overlap)
    assert made.failures() == []
    resolved = said.index(f"{SILENCE}: {ZeroTraffic.name} resolved")
    assert (resolved < said.index("PostgreSQL is stopped")) is not overlap
    assert said.count(f"next: {ZeroTraffic.name} resolved") == (not overlap)
    assert world.happened == [
        *("workflow-silence begins", "token-spike begins"),
        *("workflow-silence ends", "token-spike ends"),
        *("database-outage begins", "database-outage ends"),
    ]


def test_the_spike_is_above_whatever_factor_is_configured() -> None:
    config = Config(token_spike=replace(Config().token_spike, factor=40))
    assert "400 times" in incidents(config)[SPIKE].begin_text
