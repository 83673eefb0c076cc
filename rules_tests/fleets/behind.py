"""Whether a rule does worse than plain `increase()` where the judge leaves open what is right.

The judge leaves it open where the samples cannot show it. `increase()` may happen to be right even
there, for example because of how it counts growth across a restart, and the contract allows no rule
to do worse. So here a verdict is compared with what really happened, whether or not a scrape showed
it. Cases near the limit are skipped: a share must be at least a fifth away from it.
"""

from collections.abc import Iterator
from operator import attrgetter

from config import IngestionFailures, ZeroTraffic
from rules_tests.fleets import failures, silence
from rules_tests.fleets.judge import WORKFLOWS, Fault, Firing, Subject, Wrong, minutes
from rules_tests.fleets.model import MINUTE, Fleet, LabelSet
from rules_tests.fleets.observe import Observed, Totals

_BESIDE = 0.2


def behind(fleet: Fleet, ours: Firing, plain: Firing) -> Iterator[Wrong]:
    """Evaluations at which `ours` is wrong and `plain` is right."""
    for (alert, label_set), truth in _truths(fleet).items():
        fires, expected = ours.get((alert, label_set), set()), plain.get((alert, label_set), set())
        for at in minutes(fleet):
            right = truth.at(at)
            if right is not None and (at in expected) is right and (at in fires) is not right:
                yield Wrong(alert, label_set, at, Fault.MISSED if right else Fault.FALSE)


class _Share:
    """Whether the true share of failures is above the limit; None where it is too near to say."""

    def __init__(self, observed: Observed, label_set: LabelSet) -> None:
        every = observed.of_label_set[label_set]
        self._failed = Totals(every, _time, attrgetter("failed"))
        self._attempts = Totals(every, _time, attrgetter("attempts"))

    def at(self, second: int) -> bool | None:
        shares = [self._share(second - late) for late in (0, MINUTE, 2 * MINUTE, 3 * MINUTE)]
        if min(shares) > (1 + _BESIDE) * failures.SHARE:
            return True
        return False if max(shares) < (1 - _BESIDE) * failures.SHARE else None

    def _share(self, end: int) -> float:
        attempts = self._attempts.within(end - failures.WINDOW, end)
        return self._failed.within(end - failures.WINDOW, end) / attempts if attempts else 0.0


class _Quiet:
    """Whether workflows are truly silent; None near 30 minutes of silence."""

    def __init__(self, observed: Observed) -> None:
        every = [each for _, each in observed.of_workflows()]
        self._events = Totals(every, _time, attrgetter("attempts"))
        self._since = observed.first_look + silence.LATEST

    def at(self, second: int) -> bool | None:
        if self._events.within(second - silence.WINDOW, second - 3 * MINUTE):
            return False
        lately = self._events.within(second - silence.LATEST, second)
        used = self._events.until(second)
        return True if used and not lately and second > self._since else None


def _truths(fleet: Fleet) -> dict[Subject, _Share | _Quiet]:
    observed = Observed(fleet)
    truths: dict[Subject, _Share | _Quiet] = {
        (IngestionFailures.name, label_set): _Share(observed, label_set)
        for label_set in fleet.label_sets()
    }
    truths[ZeroTraffic.name, WORKFLOWS] = _Quiet(observed)
    return truths


def _time(sighting: object) -> float:
    time: float = attrgetter("event.time")(sighting)
    return time
