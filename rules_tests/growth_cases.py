"""Every way in which a counter can behave around a step, and what the step's record must be.

Each case is a series on a target of its own. `alerts.increase` defines the records; here are the
resulting values. Samples come every 5 s, so that any other offset in a rule changes a result.
"""

from dataclasses import dataclass, field

from contract.metrics import Outcome
from rules_tests.case import GONE, Value, at, gap

Expected = dict[int, float | None]
"""The value of the record at a minute; None where it must be absent."""


@dataclass(frozen=True)
class Behaviour:
    """One series, the scrapes of its target, and what must be recorded at some minutes."""

    value: Value
    growth: Expected
    activity: Expected = field(default_factory=dict)  # as the growth, except at these minutes
    since: int | None = 0  # when its target comes; None: there is no `up`
    failed: tuple[tuple[int, int], ...] = ()  # from when to when the scrapes of its target fail
    every: int = 5  # seconds between scrapes
    sibling: Value | None = None  # events of another label set on the same target
    outcome: Outcome = Outcome.SUCCESS  # of the sibling's events
    elsewhere: int = 1  # `up` and events of the same address in another job
    replicas: int = 1

    def seen(self, second: int) -> float | None:
        """The sample of the series, which is stale where a scrape fails."""
        if second % self.every:
            return None
        return GONE if self._fails(second) else self.value(second)

    def up(self, second: int) -> float | None:
        """The sample of `up`."""
        if self.since is None or second < self.since or second % self.every:
            return None
        return 0 if self._fails(second) else 1

    def _fails(self, second: int) -> bool:
        return any(begin <= second < end for begin, end in self.failed)


def _steady(second: int) -> float:
    return 1000 + second // 5


_EVERY_OTHER = tuple((second, second + 5) for second in range(1205, 1500, 10))

CASES: dict[str, Behaviour] = {
    "it grows by one every 5 seconds, in both replicas": Behaviour(
        _steady, {0: None, 1: 20, 2: 24, 3: 24, 30: 24}, {1: 2040}, replicas=2
    ),
    "it is born at one on a target that is scraped": Behaviour(
        at((605, 1)), {10: None, 11: 1, 12: 0}
    ),
    "it is initialised with zero": Behaviour(
        at((0, 0), (1505, 5)), {1: None, 2: None, 25: None, 26: 5, 27: 0}, {1: None}
    ),
    "it is reset": Behaviour(
        at((0, _steady), (1200, lambda second: (second - 1200) // 5)), {20: 12, 21: 11, 22: 12}
    ),
    "it comes back from a gap as it was": Behaviour(gap(500, 1500, 2095, 500), {25: 0, 36: 0}),
    "it comes back from a gap with less, having been reset": Behaviour(
        gap(500, 1500, 2095, 30), {36: 30, 37: 0}
    ),
    "it comes back from a gap that is longer than the memory": Behaviour(
        gap(500, 1505, 4205, 500), {71: 500}
    ),
    "it grew between two looks, and left a short gap with less": Behaviour(
        at((0, 100), (2800, 900), (2870, GONE), (2945, 500)), {50: 500}
    ),
    "it comes back from a gap with more, and is reset just after the step": Behaviour(
        at((0, 500), (1500, GONE), (2095, 800), (2155, 30)), {36: 0, 37: 30}
    ),
    "it is reset within a step, and ends above where it began": Behaviour(
        at((0, 10), (3120, 5), (3140, 60)), {52: 0, 53: 60, 54: 0}
    ),
    "it rises within a step and is reset at its end": Behaviour(
        at((0, 10), (3120, 100), (3165, 50)), {53: 140, 54: 0}
    ),
    "it ends and is born again within a step": Behaviour(
        at((0, 7), (3130, GONE), (3150, 7)), {52: 0, 53: 7, 54: 0}
    ),
    "it is away for a minute and a half in which its target answers": Behaviour(
        gap(500, 1505, 1605, 500), {26: 0, 27: 500}
    ),
    "it is away for two minutes in which its target answers": Behaviour(
        gap(500, 1505, 1625, 500), {27: None, 28: 500}
    ),
    "it is missing at two full minutes, there between them, and grows when it is back": Behaviour(
        at((0, 5), (1495, GONE), (1590, 5), (1595, GONE), (1625, 5), (1680, 8)), {28: 0, 29: 3}
    ),
    "it was there for ten minutes before a long gap, from which it comes as it was": Behaviour(
        at((1700, 500), (1905, GONE), (2505, 500)), {42: 0}
    ),
    "it was there for less than ten minutes before a long gap, between two looks": Behaviour(
        at((1450, 500), (1600, GONE), (2505, 500)), {42: 500}
    ),
    "it was reset before a long gap, from which it comes with more": Behaviour(
        at((0, 900), (1700, 100), (1905, GONE), (2505, 500)), {42: 500}
    ),
    "it is reset just after a step in which it did not grow": Behaviour(
        at((0, 10), (3175, 5)), {53: 0, 54: 5}
    ),
    "it comes with its target just after a step": Behaviour(
        at((1555, 40)), {26: None, 27: 0}, {27: 40}, since=1555
    ),
    "it comes at one with its target, which is new": Behaviour(
        at((1505, 1)), {25: None, 26: 0, 27: 0}, {26: 1}, since=1505
    ),
    "it comes a little after its target": Behaviour(at((1505, 70)), {26: 70}, {26: 70}, since=1480),
    "it comes with its target, which was down": Behaviour(
        at((1505, 60)), {26: 0}, {26: 60}, failed=((0, 1505),)
    ),
    "it comes just after another series of its target, of which nothing else is known": Behaviour(
        at((1505, 9)), {26: 9}, {26: 9}, since=None, sibling=at((1480, 3))
    ),
    "it comes with another series of its target, of which nothing else is known": Behaviour(
        at((1505, 9)), {26: 0}, {26: 9}, since=None, sibling=at((1505, 3))
    ),
    "the last scrape of a step fails": Behaviour(
        _steady, {19: 12, 20: 11, 21: 13, 22: 12}, failed=((1190, 1195),)
    ),
    "every other scrape fails for five minutes": Behaviour(
        _steady, {21: 12, 22: 12, 23: 12, 24: 12, 26: 12}, failed=_EVERY_OTHER
    ),
    "its target does not answer for three minutes, in which it grows": Behaviour(
        at((0, 100), (1600, 130)), {25: 0, 28: None, 29: 30, 30: 0}, failed=((1505, 1685),)
    ),
    "its target answers once in six minutes, after which it grows": Behaviour(
        at((0, 100), (1600, 130)), {26: 0, 29: 30, 30: 0}, failed=((1205, 1505), (1510, 1690))
    ),
    "its target does not answer for eight minutes, in which it grows": Behaviour(
        at((0, 100), (1600, 130)), {25: 0, 34: 0, 35: 0}, {34: 130}, failed=((1505, 1985),)
    ),
    "it is away for three minutes, and its target failed 29 minutes before the step": Behaviour(
        gap(500, 2105, 2285, 500), {39: 500}, failed=((525, 585),)
    ),
    "it is away for three minutes, and its target failed 31 minutes before the step": Behaviour(
        gap(500, 2105, 2285, 500), {39: 0}, failed=((405, 465), (2280, 2285))
    ),
    "it is away for three minutes, in which its target fails between two looks": Behaviour(
        gap(500, 2105, 2285, 500), {39: 0}, failed=((2130, 2135),)
    ),
    "a scrape shows that it has ended, after which its target fails": Behaviour(
        at((0, 7), (1460, GONE), (1595, 7)), {27: 7}, failed=((1490, 1595),)
    ),
    "a scrape shows that it has ended, two minutes before its target is back": Behaviour(
        at((0, 7), (1410, GONE), (1595, 7)), {27: 7}, failed=((1440, 1595),)
    ),
    "a scrape shows that it has ended, long before its target is back": Behaviour(
        at((0, 7), (1370, GONE), (1595, 7)), {27: 0}, failed=((1400, 1595),)
    ),
    "it is reset before its target fails for two minutes, in which it grows": Behaviour(
        at((0, 900), (1425, 100), (1430, 105), (1590, 130)), {27: 25}, failed=((1440, 1595),)
    ),
    "it is reset before its target fails for three minutes, in which it grows": Behaviour(
        at((0, 900), (1400, 100), (1600, 500)), {29: 400}, failed=((1505, 1685),)
    ),
    "it is away for three minutes, in which another series of its target begins": Behaviour(
        gap(500, 1505, 1685, 500), {29: 500}, sibling=at((1605, 3))
    ),
    "it is away for three minutes, in which failures alone begin at its target": Behaviour(
        gap(500, 1505, 1685, 500), {29: 0}, sibling=at((1605, 3)), outcome=Outcome.FAILURE
    ),
    "it is away for three minutes, and another series of its target as well": Behaviour(
        gap(500, 1505, 1685, 500), {29: 0}, sibling=gap(3, 1505, 1685, 3)
    ),
    "it is born as ten minutes begin": Behaviour(at((1795, 5)), {31: 5, 32: 0}),
    "it is reset, and grows while its target does not answer": Behaviour(
        at((0, 100), (1490, 20), (1550, 25)), {27: 5, 28: 0}, failed=((1505, 1600),)
    ),
    "it grows while its target does not answer for five minutes": Behaviour(
        at((0, 90), (1490, 100), (1600, 130)), {31: 30}, failed=((1505, 1800),)
    ),
    "it is born while its target does not answer for five minutes": Behaviour(
        at((1800, 70)), {30: None, 31: 70}, {31: 70}, failed=((1505, 1800),)
    ),
    "it is born while its target does not answer for eight minutes": Behaviour(
        at((1985, 70)), {33: None, 34: 0}, {34: 70}, failed=((1505, 1985),)
    ),
    "it is born in a step in which a scrape before it failed": Behaviour(
        at((1150, 5)), {19: None, 20: 5, 21: 0}, failed=((1140, 1145),)
    ),
    "it is born a little after its target, in a step whose last scrape fails": Behaviour(
        at((1520, 70)), {26: 70, 27: 0}, {26: 140}, since=1500, failed=((1550, 1555),)
    ),
    "it is born a little after its target, whose scrapes then fail for 20 seconds": Behaviour(
        at((1515, 70)), {26: 70, 27: 0}, {26: 140}, since=1500, failed=((1530, 1555),)
    ),
    "it is born a little after its target, whose scrapes then fail for 40 seconds": Behaviour(
        at((1505, 70)), {26: 0, 27: 0}, {26: 70}, since=1500, failed=((1515, 1555),)
    ),
    "it comes with its target, and ends within the step": Behaviour(
        at((1500, 70), (1540, GONE)), {26: 0, 27: None}, {26: 70}, since=1500, elsewhere=0
    ),
    "it misses a scrape before the step, which its target answers": Behaviour(
        at((0, 7), (1185, GONE), (1190, 7)), {20: 0, 21: 7, 22: 0}, every=15
    ),
    "it is reset twice between two scrapes of a step": Behaviour(
        at((0, 51), (3120, 50), (3150, 30)), {52: 0, 53: 30, 54: 0}, every=15
    ),
    "it comes as it was when its target was away for four minutes, and it for longer": Behaviour(
        at((0, 500), (1505, GONE), (2155, 500)), {37: 500}, failed=((1905, 2150),)
    ),
    "it comes with its target, which was away for ten minutes, and grows at once": Behaviour(
        at((0, 500), (2180, 503)), {37: 3}, {37: 506}, failed=((1505, 2155),)
    ),
    "it comes a little after a failure of its target, of which nothing else is known": Behaviour(
        at((1505, 9)), {26: 0}, {26: 9}, since=None, sibling=at((1480, 3)), outcome=Outcome.FAILURE
    ),
    "it comes with its target, and is reset just after the step": Behaviour(
        at((1500, 70), (1555, 5)), {26: 0, 27: 5}, {26: 70}, since=1500
    ),
    "it is there from the first scrape of the step after that in which its target came": Behaviour(
        at((1560, 70)), {26: None, 27: 70}, since=1500, every=15
    ),
    "it was reset before its target was away, and comes back as it was before that": Behaviour(
        at((0, 900), (1500, 100), (2000, 900)), {42: 0}, {42: 900}, failed=((1705, 2505),)
    ),
    "it had grown before its target was away, comes as it was, and is reset at once": Behaviour(
        at((0, 100), (1000, 900), (2510, 100)), {42: 0}, {42: 100}, failed=((1505, 2505),)
    ),
    "it comes as it was with its target, which was away for 45 minutes": Behaviour(
        at((0, 500)), {71: 0}, {71: 500}, failed=((1505, 4205),)
    ),
    "it comes as it was with its target, away for long, at a step's end, and grows then": Behaviour(
        at((0, 500), (2035, 501)), {34: 0, 35: 1}, {34: 0}, failed=((325, 2030),)
    ),
    "it comes as it was with its target, which was there for three minutes before": Behaviour(
        at((1700, 500)), {42: 0}, {42: 500}, since=1700, failed=((1905, 2505),)
    ),
}
