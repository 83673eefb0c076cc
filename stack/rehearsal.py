"""Rehearse incidents, one after another, and tell what is seen of each and when."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import requests
from rich.table import Table

from stack.incidents import Incident
from stack.launch import Stack
from stack.pager import Pager

LOOK = 0.5
"""Seconds between two looks at Prometheus and the pager."""

STEPS = ("onset", "pending", "firing", "notified", "resolved")
"""What is to be seen of each; an alert without a `for` is never pending."""

_LIMIT = 40 * 60
"""Seconds, by the rules' own clock, until an alert must have been notified, and then resolved."""

_ALLOWANCE = 90
"""Seconds on top that do not go faster: scrapes, sending, grouping."""


@dataclass
class Course:
    """When (Unix seconds) each step of an incident was seen."""

    name: str
    times: dict[str, float] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """What was to be seen and was not."""
        return [step for step in ("firing", "notified", "resolved") if step not in self.times]


class Rehearsal:
    """Begins and ends incidents on a running stack, and watches them."""

    def __init__(self, stack: Stack, pager: Pager, say: Callable[[str], None]) -> None:
        """Tell what happens with `say`."""
        self._stack = stack
        self._pager = pager
        self._say = say
        self._limit = _LIMIT / stack.settings.speed + _ALLOWANCE

    def run(self, name: str, incident: Incident) -> Course:
        """Rehearse one incident from its onset until it is resolved, or time is up.

        Raises StackError where a part ends that nobody stopped.
        """
        course = Course(name)
        self._say(f"{name}: {incident.story}")
        course.times["onset"] = time.time()
        incident.begin(self._stack)
        paged = self._until(lambda: self._firing(course, incident))
        if paged:
            self._tell(incident)
        self._say(f"{name}: {incident.relief}")
        incident.end(self._stack)
        if paged and self._until(lambda: self._resolved(course, incident)):
            self._say(f"{name}: resolved, the pager was told so")
        for step in course.missing():
            self._say(f"{name}: not {step} within {self._limit:.0f} s")
        return course

    def _until(self, done: Callable[[], bool]) -> bool:
        """Whether it was `done` before the time was up."""
        deadline = time.monotonic() + self._limit
        while not done():
            self._stack.supervisor.check()
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK)
        return True

    def _firing(self, course: Course, incident: Incident) -> bool:
        """Note what is new of an incident that has begun; True once the pager has it."""
        try:
            alerts = self._stack.prometheus.alerts(incident.alert)
        except requests.RequestException:
            alerts = []  # Prometheus is away: the pager may still hear
        for state in ("pending", "firing"):
            if state not in course.times and any(alert["state"] == state for alert in alerts):
                self._note(course, state, f"{incident.alert} is {state}")
        notices = self._pager.notices(incident.alert, course.times["onset"])
        if "notified" not in course.times and any(one.status == "firing" for one in notices):
            self._note(course, "notified", "the pager rings")
        return {"firing", "notified"} <= course.times.keys()

    def _resolved(self, course: Course, incident: Incident) -> bool:
        """Whether all that the pager heard firing it has heard resolved."""
        last = {
            frozenset(notice.labels.items()): notice.status
            for notice in self._pager.notices(incident.alert, course.times["onset"])
        }
        if any(status != "resolved" for status in last.values()):
            return False
        course.times["resolved"] = time.time()
        return True

    def _note(self, course: Course, step: str, text: str) -> None:
        course.times[step] = time.time()
        self._say(f"{course.name}: {text}")

    def _tell(self, incident: Incident) -> None:
        """What is on the pager."""
        notice = self._pager.notices(incident.alert)[-1]
        for line in (
            notice.annotations["summary"],
            notice.annotations["description"],
            " ".join(f"{key}={value}" for key, value in sorted(notice.labels.items())),
            f"runbook: {notice.annotations['runbook_url']}",
        ):
            self._say(f"  | {line}")


def table(courses: Iterable[Course]) -> Table:
    """A row for each incident, a column for each step, as clock times."""
    grid = Table("incident", *STEPS)
    for course in courses:
        seen = (course.times.get(step) for step in STEPS)
        grid.add_row(course.name, *(_clock(when) if when else "-" for when in seen))
    return grid


def _clock(when: float) -> str:
    return datetime.fromtimestamp(when).astimezone().strftime("%H:%M:%S")
