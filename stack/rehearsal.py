"""Rehearse incidents, and report which steps of each are seen, and when."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
from rich.table import Table

from stack.incidents import Incident
from stack.launch import Stack
from stack.pager import Notice
from tools.process import awaited

STEPS = ("begun", "pending", "firing", "paged", "resolved")
"""The steps of an incident; an alert without a `for` is never pending."""

REQUIRED = STEPS[2:]
ALLOWANCE = 120
"""Seconds added to the time that the rules take, for scrapes, sending and a busy machine."""


@dataclass
class Watched:
    """An incident that has begun, with the time (Unix seconds) at which each step was seen."""

    incident: Incident
    times: dict[str, float] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """The required steps that were not seen."""
        return [step for step in REQUIRED if step not in self.times]


class Rehearsal:
    """Begins and ends incidents on a running stack, and watches them and all other alerts."""

    def __init__(self, stack: Stack) -> None:
        """Report what happens in its journal."""
        self._stack = stack
        self._journal = stack.journal
        self.watched: list[Watched] = []
        self.others: dict[str, str] = {}
        """Descriptions of alerts that no incident should raise, by their labels as text."""

    def run(self, stages: Sequence[Sequence[Incident]], *, overlap: bool) -> None:
        """Rehearse all `stages`, the incidents of each stage in parallel.

        If they `overlap`, a stage begins once the one before has paged and its faults have ended;
        otherwise once it is resolved. Raises StackError if a part ends that nobody stopped.
        """
        for stage in stages:
            begun = [self._begin(incident) for incident in stage]
            self._until(begun, "paged")
            for end in dict.fromkeys(incident.end for incident in stage):
                end(self._stack)
            for incident in stage:
                self._journal.done(incident.end_text)
            if not overlap:
                self._until(begun, "resolved")
        self._until(self.watched, "resolved")

    def failures(self) -> list[str]:
        """What was missing, and which other alerts fired, in words."""
        return [
            *(
                f"{one.incident.name}: was not {', '.join(one.missing())}"
                for one in self.watched
                if one.missing()
            ),
            *(f"another alert fired: {name}: {text}" for name, text in self.others.items()),
        ]

    def _begin(self, incident: Incident) -> Watched:
        found = Watched(incident, {"begun": time.time()})
        self.watched.append(found)
        self._journal.done(incident.begin_text)
        incident.begin(self._stack)
        return found

    def _until(self, watched: Iterable[Watched], step: str) -> None:
        """Return when all `watched` have reached `step`, or have timed out."""
        for one in watched:
            limit = self._limit(one.incident)
            if step not in one.times:
                self._journal.step("rehearsing", f"{one.incident.alert} {step}")
            if not awaited(partial(one.times.get, step), limit, self._look):
                self._journal.say(f"{one.incident.name}: not {step} within {limit:.0f} s")

    def _limit(self, incident: Incident) -> float:
        """Seconds within which its alert must be paged, and then again resolved."""
        alert = self._stack.settings.config.alert(incident.alert)
        return float((2 * alert.window + alert.for_).total_seconds()) + ALLOWANCE

    def _look(self) -> None:
        """Record the steps that are newly seen, after a pause."""
        self._stack.supervisor.pause()
        try:
            alerts = self._stack.prometheus.alerts()
        except requests.RequestException:
            alerts = []  # Prometheus is down; the pager may still receive notifications
        notices = self._stack.pager.notices()
        for one in self.watched:
            self._note(one, alerts, [n for n in notices if one.incident.raises(n.labels)])
        for alert in alerts:
            if alert["state"] == "firing":
                self._strange(alert["labels"], alert["annotations"])
        for notice in notices:
            self._strange(notice.labels, notice.annotations)

    def _note(self, one: Watched, alerts: list[dict[str, Any]], notices: list[Notice]) -> None:
        states = {alert["state"] for alert in alerts if one.incident.raises(alert["labels"])}
        last = {frozenset(notice.labels.items()): notice.status for notice in notices}
        seen = {
            "pending": "pending" in states,
            "firing": "firing" in states,
            "paged": bool(notices),
            "resolved": bool(last) and not states and set(last.values()) == {"resolved"},
        }
        for step in (step for step, there in seen.items() if there and step not in one.times):
            one.times[step] = time.time()
            self._journal.say(f"{one.incident.name}: {one.incident.alert} {step}")
            if step == "paged":
                self._tell(notices[0])

    def _strange(self, labels: Mapping[str, str], annotations: Mapping[str, str]) -> None:
        if any(one.incident.raises(labels) for one in self.watched):
            return
        name = _labels(labels)
        if name not in self.others:
            self.others[name] = annotations.get("description", "")
            self._journal.say(f"ANOTHER ALERT fires: {name}: {self.others[name]}")

    def _tell(self, notice: Notice) -> None:
        """Print a notice as the pager would show it."""
        for line in (
            notice.annotations["summary"],
            notice.annotations["description"],
            _labels(notice.labels),
            f"runbook: {notice.annotations['runbook_url']}",
        ):
            self._journal.say(f"  | {line}")


def table(watched: Iterable[Watched]) -> Table:
    """A row for each incident, a column for each step, as clock times."""
    grid = Table("incident", *STEPS)
    for one in watched:
        seen = (one.times.get(step) for step in STEPS)
        grid.add_row(one.incident.name, *(_clock(when) if when else "-" for when in seen))
    return grid


def _labels(labels: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _clock(when: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(when))
