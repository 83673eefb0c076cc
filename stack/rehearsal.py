"""Rehearse incidents, and report which steps of each are seen, and when."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
from rich.table import Table

from contract.metrics import USAGE_FAILURES, USAGE_LABELS
from stack.incidents import Incident
from stack.launch import Stack
from stack.pager import Notice
from tools.process import awaited

STEPS = ("begun", "pending", "firing", "paged", "resolved")
"""The steps of an incident; an alert without a `for` is never pending."""

LOST = f"sum by ({', '.join(USAGE_LABELS)}) ({USAGE_FAILURES.name})"
"""A query of all label sets that have lost usage: the demo's traffic fails in its outage only."""

REQUIRED = STEPS[2:]
ALLOWANCE = 120
"""Seconds added to the time that the rules take, for scrapes, sending and a busy machine."""


@dataclass
class Rehearsal:
    """Begins and ends incidents on a running stack, and watches them and all other alerts.

    What happens is told in the stack's journal. `others` are descriptions of alerts that no
    incident should raise, by their labels as text.
    """

    stack: Stack
    watched: list[Incident] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)

    def run(self, stages: Sequence[Sequence[Incident]], *, overlap: bool) -> None:
        """Rehearse all `stages`, the incidents of each stage in parallel.

        If they `overlap`, a stage begins once the one before has paged and its faults have ended;
        otherwise once it is resolved. Raises ToolError if a part ends that nobody stopped.
        """
        for stage in stages:
            for incident in stage:
                incident.times["begun"] = time.time()
                self.watched.append(incident)
                self.stack.journal.done(incident.begin_text)
                incident.begin(self.stack)
            self._until(stage, "paged")
            for incident in stage:
                incident.end(self.stack)
                self.stack.journal.done(incident.end_text)
            if not overlap:
                self._until(stage, "resolved")
        self._until(self.watched, "resolved")

    def failures(self) -> list[str]:
        """What was missing, and which other alerts fired, in words."""
        missing = {
            one.name: [step for step in REQUIRED if step not in one.times] for one in self.watched
        }
        notices = self.stack.pager.notices
        unpaged = (each for one in self.watched for each in _unpaged(one, notices))
        return [
            *(f"{name}: was not {', '.join(steps)}" for name, steps in missing.items() if steps),
            *(f"not paged: {_text(labels)}" for labels in unpaged),
            *(f"another alert fired: {name}: {text}" for name, text in self.others.items()),
        ]

    def _until(self, watched: Iterable[Incident], step: str) -> None:
        """Return when all `watched` have reached `step`, or have timed out."""
        for one in watched:
            # Within this an alert must be paged, and then again resolved.
            alert = self.stack.config.alert(one.alert)
            limit = (2 * alert.window + alert.for_).total_seconds() + ALLOWANCE
            if step not in one.times:
                self.stack.journal.step(f"rehearsing; next: {one.alert} {step}")
            if not awaited(partial(one.times.get, step), limit, self._look):
                self.stack.journal.say(f"{one.name}: not {step} within {limit:.0f} s")

    def _look(self) -> None:
        """Record the steps that are newly seen, after a pause."""
        self.stack.supervisor.pause()
        try:
            alerts = self.stack.prometheus.alerts()
            lost = [each["metric"] for each in self.stack.prometheus.query(LOST)]
        except requests.RequestException:
            alerts, lost = [], []  # Prometheus is down; the pager may still be notified
        notices = self.stack.pager.notices
        for one in self.watched:
            told = [notice for notice in notices if one.raises(notice.labels)]
            if told and not one.hit:
                one.hit.extend([one.labels] if one.labels else lost)
            self._note(one, alerts, told)
        seen = [(one["labels"], one["annotations"]) for one in alerts if one["state"] == "firing"]
        seen += [(one.labels, one.annotations) for one in notices]
        for labels, annotations in seen:
            name = _text(labels)
            if name not in self.others and not any(one.raises(labels) for one in self.watched):
                self.others[name] = annotations.get("description", "")
                self.stack.journal.say(f"ANOTHER ALERT fires: {name}: {self.others[name]}")

    def _note(self, one: Incident, alerts: list[dict[str, Any]], notices: list[Notice]) -> None:
        states = {alert["state"] for alert in alerts if one.raises(alert["labels"])}
        last = {frozenset(notice.labels.items()): notice.status for notice in notices}
        seen = {
            "pending": "pending" in states,
            "firing": "firing" in states,
            "paged": bool(one.hit) and not _unpaged(one, notices),
            "resolved": not states and set(last.values()) == {"resolved"},
        }
        for step in (step for step, there in seen.items() if there and step not in one.times):
            one.times[step] = time.time()
            self.stack.journal.say(f"{one.name}: {one.alert} {step}")
            if step == "paged":  # as the pager would show it
                said = notices[0].annotations
                lines = (said["summary"], said["description"], _text(notices[0].labels))
                for line in (*lines, f"runbook: {said['runbook_url']}"):
                    self.stack.journal.say(f"  | {line}")


def _unpaged(one: Incident, notices: Iterable[Notice]) -> list[Mapping[str, str]]:
    """The label sets that the incident has hit and of which no notice has come."""
    paged = [notice.labels for notice in notices if one.raises(notice.labels)]
    return [each for each in one.hit if not any(each.items() <= labels.items() for labels in paged)]


def table(watched: Iterable[Incident]) -> Table:
    """A row for each incident, a column for each step, as clock times."""
    grid = Table("incident", *STEPS)
    for one in watched:
        seen = (one.times.get(step) for step in STEPS)
        clocks = (time.strftime("%H:%M:%S", time.localtime(when)) if when else "-" for when in seen)
        grid.add_row(one.name, *clocks)
    return grid


def _text(labels: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(labels.items()))
