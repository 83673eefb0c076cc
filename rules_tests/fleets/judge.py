"""When each alert must fire, must not, or may do either, by the events and the contract alone.

`failures`, `spike` and `silence` give the bounds of each alert and the reasons for them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from config import IngestionFailures, TokenSpike, ZeroTraffic
from contract.metrics import Component
from rules_tests.fleets.failures import Failures
from rules_tests.fleets.model import MINUTE, Fleet, LabelSet
from rules_tests.fleets.observe import Observed
from rules_tests.fleets.silence import Silence
from rules_tests.fleets.spike import WITHIN, Spike

SETTLING = 2 * MINUTE
"""Time after a restart of Prometheus that is not judged, because `for` begins anew."""

Subject = tuple[str, LabelSet]
"""An alert and its label set, which for silence has no provider and no model."""

Firing = Mapping[Subject, set[int]]
"""The seconds of the evaluations at which alerts fire."""

WORKFLOWS = LabelSet(Component.WORKFLOW, "", "")


class Fault(StrEnum):
    """What is wrong with a verdict of a rule."""

    MISSED = "missed"
    FALSE = "false"


@dataclass(frozen=True)
class Wrong:
    """An evaluation at which a rule's verdict is wrong."""

    alert: str
    label_set: LabelSet
    at: int
    fault: Fault


@dataclass(frozen=True)
class Judgement:
    """The result of judging the alerts on one fleet."""

    asked: Counter[str]
    """By alert, the number of evaluations at which it is known whether it must fire."""
    due: Counter[str]
    """By alert, the number of evaluations at which it must fire."""
    wrong: tuple[Wrong, ...]


def judge(fleet: Fleet, firing: Firing, late: Mapping[str, int] | None = None) -> Judgement:
    """Compare when alerts fire with what happened in `fleet`.

    Alerts that no module here has bounds for are not judged. `late` says by how many evaluations
    each alert may be late, on an engine of which docs/engines.md says so.
    """
    observed = Observed(fleet)
    judges: dict[Subject, Silence | Failures | Spike] = {
        (ZeroTraffic.name, WORKFLOWS): Silence(observed)
    }
    for label_set in observed.of_label_set:
        judges[IngestionFailures.name, label_set] = Failures(observed, label_set)
        judges[TokenSpike.name, label_set] = Spike(observed, label_set)
    judged = {alert for alert, _ in judges}
    asked: Counter[str] = Counter()
    due: Counter[str] = Counter()
    wrong = [
        Wrong(alert, label_set, at, Fault.FALSE)
        for (alert, label_set), times in firing.items()
        if alert in judged and (alert, label_set) not in judges
        for at in sorted(times)
    ]
    for (alert, label_set), one in judges.items():
        fires = firing.get((alert, label_set), set())
        delays = range(0, ((late or {}).get(alert, 0) + 1) * MINUTE, MINUTE)
        for at in minutes(fleet):
            must, may = one.must(at), one.may(at)
            asked[alert] += must or not may
            due[alert] += must
            if must and not any(_fired(alert, fires, at + delay) for delay in delays):
                wrong.append(Wrong(alert, label_set, at, Fault.MISSED))
            if at in fires and not any(one.may(at - delay) for delay in delays):
                wrong.append(Wrong(alert, label_set, at, Fault.FALSE))
    return Judgement(asked, due, tuple(wrong))


def minutes(fleet: Fleet) -> list[int]:
    """The evaluations that are judged: those while Prometheus runs, but for `SETTLING`."""
    return [
        at
        for at in range(MINUTE, fleet.span + 1, MINUTE)
        if not any(begin <= at < end + SETTLING for begin, end in fleet.down)
    ]


def _fired(alert: str, fires: set[int], at: int) -> bool:
    if alert == TokenSpike.name:
        return any(time in fires for time in range(at - WITHIN + MINUTE, at + 1, MINUTE))
    return at in fires
