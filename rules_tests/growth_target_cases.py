"""The cases of `growth_cases` in which the target of the series is new, fails, or was away."""

from contract.metrics import Outcome
from rules_tests.case import GONE, Value
from rules_tests.growth_cases import Behaviour, at, gap


def _failing(value: Value, *failed: tuple[int, int]) -> Value:
    """`value` without the scrapes in each span; the first that fails makes the series stale."""

    def seen(second: int) -> float | None:
        for begin, end in failed:
            if begin <= second < end:
                return GONE if second == begin else None
        return value(second)

    return seen


def _slow(value: Value) -> Value:
    """`value` at scrapes every 15 seconds, none of which is at the edge of a step."""
    return lambda second: None if second % 15 else value(second)


def _down(*failed: tuple[int, int]) -> Value:
    """`up` of a target whose scrapes fail in each span."""
    return at((0, 1), *(part for begin, end in failed for part in ((begin, 0), (end, 1))))


_STEADY: Value = lambda second: 1000 + second // 5  # noqa: E731
_LAST = (1190, 1195)
"""The last scrape of the step that ends at 20 minutes."""
_EVERY_OTHER = tuple((second, second + 5) for second in range(1205, 1500, 10))

OF_TARGETS: dict[str, Behaviour] = {
    "it comes with its target at the end of a step": Behaviour(
        at((1550, 40)), {25: None, 26: 0}, activity={26: 40}, up=at((1550, 1))
    ),
    "it comes with its target just after a step": Behaviour(
        at((1555, 40)), {26: None, 27: 0}, activity={27: 40}, up=at((1555, 1))
    ),
    "it comes with its target, which is new": Behaviour(
        at((1505, 900)), {25: None, 26: 0, 27: 0}, activity={26: 900}, up=at((1505, 1))
    ),
    "it comes at one with its target, which is new": Behaviour(
        at((1505, 1)), {26: 0}, activity={26: 1}, up=at((1505, 1))
    ),
    "it comes with its target, which was down": Behaviour(
        at((1505, 60)), {26: 0}, activity={26: 60}, up=at((0, 0), (1505, 1))
    ),
    "it comes a little after its target": Behaviour(at((1505, 70)), {26: 70}, up=at((1480, 1))),
    "it comes with its target, which another job has scraped for long": Behaviour(
        at((1505, 80)), {26: 0}, activity={26: 80}, up=at((1505, 1)), elsewhere=lambda _: 1
    ),
    "it comes just after another series of its target, of which nothing else is known": Behaviour(
        at((1505, 9)), {26: 9}, up=None, sibling=at((1480, 3))
    ),
    "it comes with another series of its target, of which nothing else is known": Behaviour(
        at((1505, 9)), {26: 0}, activity={26: 9}, up=None, sibling=at((1505, 3))
    ),
    "the last scrape of a step fails": Behaviour(
        _failing(_STEADY, _LAST), {19: 12, 20: 11, 21: 13, 22: 12}, up=_down(_LAST)
    ),
    "every other scrape fails for five minutes": Behaviour(
        _failing(_STEADY, *_EVERY_OTHER),
        {21: 12, 22: 12, 23: 12, 24: 12, 26: 12},
        up=_down(*_EVERY_OTHER),
    ),
    "it is born in a step whose last scrape fails": Behaviour(
        _failing(at((1150, 5)), _LAST), {19: None, 20: 5, 21: 0}, up=_down(_LAST)
    ),
    "it is born in a step in which a scrape before it failed": Behaviour(
        at((1150, 5)), {19: None, 20: 5, 21: 0}, up=_down((1140, 1145))
    ),
    "its target does not answer for three minutes, in which it grows": Behaviour(
        _failing(at((0, 100), (1600, 130)), (1505, 1685)),
        {25: 0, 27: None, 28: None, 29: 30, 30: 0},
        up=_down((1505, 1685)),
    ),
    "its target answers once in six minutes, after which it grows": Behaviour(
        _failing(at((0, 100), (1600, 130)), (1205, 1505), (1510, 1690)),
        {26: 0, 29: 30, 30: 0},
        up=_down((1205, 1505), (1510, 1690)),
    ),
    "its target does not answer for eight minutes, in which it grows": Behaviour(
        _failing(at((0, 100), (1600, 130)), (1505, 1985)),
        {25: 0, 34: 0, 35: 0},
        activity={34: 130},
        up=_down((1505, 1985)),
    ),
    "its target does not answer for eight minutes, in which it stands still": Behaviour(
        _failing(at((0, 100)), (1505, 1985)), {34: 0, 35: 0}, up=_down((1505, 1985))
    ),
    "it comes back as it was a scrape after its target, which was away for ten minutes": Behaviour(
        at((0, 500), (1505, GONE), (1510, None), (2155, 500)),
        {37: 500, 38: 0},
        up=_down((1505, 2150)),
    ),
    "it misses scrapes that its target answers, four minutes after one that failed": Behaviour(
        at((0, 7), (1190, GONE), (1195, None), (1230, 7)), {21: 7}, up=_down((1000, 1005))
    ),
    "it is away for three minutes, in which its target fails for one": Behaviour(
        gap(500, 2105, 2285, 500), {39: 500}, up=_down((2210, 2275)), elsewhere=lambda _: 1
    ),
    "it is away for three minutes, and its target failed 29 minutes before the step": Behaviour(
        gap(500, 2105, 2285, 500), {39: 500}, up=_down((525, 585)), elsewhere=lambda _: 1
    ),
    "it is away for three minutes, and its target failed 31 minutes before the step": Behaviour(
        gap(500, 2105, 2285, 500),
        {39: 0},
        up=_down((405, 465), (2280, 2285)),
        elsewhere=lambda _: 1,
    ),
    "it is away for three minutes, in which its target fails between two looks": Behaviour(
        gap(500, 2105, 2285, 500), {39: 0}, up=_down((2130, 2135)), elsewhere=lambda _: 1
    ),
    "a scrape shows that it has ended, after which its target fails": Behaviour(
        at((0, 7), (1460, GONE), (1465, None), (1595, 7)), {27: 7}, up=_down((1490, 1595))
    ),
    "a scrape shows that it has ended, long before its target is back": Behaviour(
        at((0, 7), (1420, GONE), (1425, None), (1595, 7)), {27: 0}, up=_down((1460, 1595))
    ),
    "it is reset before its target fails for three minutes, in which it grows": Behaviour(
        _failing(at((0, 900), (1400, 100), (1600, 500)), (1505, 1685)),
        {29: 400},
        up=_down((1505, 1685)),
    ),
    "it is away for three minutes, in which another series of its target begins": Behaviour(
        gap(500, 1505, 1685, 500), {29: 500}, sibling=at((1605, 3))
    ),
    "it is away for three minutes, in which failures alone begin at its target": Behaviour(
        gap(500, 1505, 1685, 500), {29: 0}, sibling=at((1605, 3)), outcome=Outcome.FAILURE
    ),
    "it is away for three minutes, and another series of its target as well": Behaviour(
        gap(500, 1505, 1685, 500), {29: 0}, elsewhere=lambda _: 1, sibling=gap(3, 1505, 1685, 3)
    ),
    "it is born as ten minutes begin": Behaviour(at((1795, 5)), {31: 5, 32: 0}),
    "it is reset, and grows while its target does not answer": Behaviour(
        _failing(at((0, 100), (1490, 20), (1550, 25)), (1505, 1600)),
        {27: 5, 28: 0},
        up=_down((1505, 1600)),
        elsewhere=lambda _: 1,
    ),
    "it grows while its target does not answer for five minutes": Behaviour(
        _failing(at((0, 90), (1490, 100), (1600, 130)), (1505, 1800)),
        {31: 30},
        up=_down((1505, 1800)),
        elsewhere=lambda _: 1,
    ),
    "it is born while its target does not answer for five minutes": Behaviour(
        at((1800, 70)), {30: None, 31: 70}, up=_down((1505, 1800))
    ),
    "it is born while its target does not answer for eight minutes": Behaviour(
        at((1985, 70)), {33: None, 34: 0}, activity={34: 70}, up=_down((1505, 1985))
    ),
    "it is born a little after its target, in the same step": Behaviour(
        at((1520, 70)), {26: 70, 27: 0}, activity={26: 140}, up=at((1500, 1))
    ),
    "it is born a little after its target, in a step whose last scrape fails": Behaviour(
        _failing(at((1520, 70)), (1550, 1555)),
        {26: 70, 27: 0},
        activity={26: 140},
        up=at((1500, 1), (1550, 0), (1555, 1)),
    ),
    "it is born a little after its target, whose scrapes then fail for 20 seconds": Behaviour(
        _failing(at((1515, 70)), (1530, 1555)),
        {26: 70, 27: 0},
        activity={26: 140},
        up=at((1500, 1), (1530, 0), (1555, 1)),
    ),
    "it is born a little after its target, whose scrapes then fail for 40 seconds": Behaviour(
        _failing(at((1505, 70)), (1515, 1555)),
        {26: 0, 27: 0},
        activity={26: 70},
        up=at((1500, 1), (1515, 0), (1555, 1)),
    ),
    "it comes with its target, and ends within the step": Behaviour(
        at((1500, 70), (1540, GONE), (1545, None)),
        {26: 0, 27: None},
        activity={26: 70},
        up=at((1500, 1)),
        elsewhere=lambda _: 0,
    ),
    "it misses a scrape before the step, which its target answers": Behaviour(
        _slow(at((0, 7), (1185, GONE), (1190, 7))), {20: 0, 21: 7, 22: 0}, up=_slow(lambda _: 1)
    ),
    "it is reset twice between two scrapes of a step": Behaviour(
        _slow(at((0, 51), (3120, 50), (3150, 30))), {52: 0, 53: 30, 54: 0}, up=_slow(lambda _: 1)
    ),
    "it comes as it was when its target was away for four minutes, and it for longer": Behaviour(
        at((0, 500), (1505, GONE), (1510, None), (2155, 500)), {37: 500}, up=_down((1905, 2150))
    ),
    "it comes with its target, which was away for ten minutes, and grows at once": Behaviour(
        _failing(at((0, 500), (2180, 503)), (1505, 2155)),
        {37: 3},
        activity={37: 506},
        up=_down((1505, 2155)),
    ),
    "it comes a little after a failure of its target, of which nothing else is known": Behaviour(
        at((1505, 9)),
        {26: 0},
        activity={26: 9},
        up=None,
        sibling=at((1480, 3)),
        outcome=Outcome.FAILURE,
    ),
    "it comes with its target, and is reset just after the step": Behaviour(
        at((1500, 70), (1555, 5)), {26: 0, 27: 5}, activity={26: 70}, up=at((1500, 1))
    ),
    "it is there from the first scrape of the step after that in which its target came": Behaviour(
        _slow(at((1560, 70))), {26: None, 27: 70}, up=_slow(at((1500, 1)))
    ),
    "it misses a scrape before a step in which one fails": Behaviour(
        _slow(at((0, 7), (1185, GONE), (1190, 7), (1215, GONE), (1220, 7))),
        {21: 7},
        up=_slow(_down((1215, 1220))),
    ),
    "it misses a scrape before the step, a minute after one that failed": Behaviour(
        _slow(at((0, 7), (1110, GONE), (1115, 7), (1185, GONE), (1190, 7))),
        {21: 7},
        up=_slow(_down((1110, 1115))),
    ),
    "it was reset before its target was away, and comes back as it was before that": Behaviour(
        _failing(at((0, 900), (1000, 100), (2000, 900)), (1505, 2505)),
        {42: 0},
        activity={42: 900},
        up=_down((1505, 2505)),
    ),
    "it had grown before its target was away, and comes back as it was before that": Behaviour(
        _failing(at((0, 100), (1000, 900), (2000, 100)), (1505, 2505)),
        {42: 0},
        activity={42: 100},
        up=_down((1505, 2505)),
    ),
    "it comes as it was with its target, which was away for long, at the end of a step": Behaviour(
        _failing(at((0, 500)), (1505, 2030)), {34: 0, 35: 0}, up=_down((1505, 2030))
    ),
    "it comes as it was with its target, away for long, and grows after the step": Behaviour(
        _failing(at((0, 500), (2035, 501)), (1505, 2025)), {34: 0, 35: 1}, up=_down((1505, 2025))
    ),
    "it comes as it was with its target, which was away for 45 minutes": Behaviour(
        _failing(at((0, 500)), (1505, 4205)), {71: 0}, activity={71: 500}, up=_down((1505, 4205))
    ),
    "it comes as it was with its target, which was there for two minutes before": Behaviour(
        _failing(at((1560, 500)), (1705, 2505)),
        {42: 0},
        activity={42: 500},
        up=at((1560, 1), (1705, 0), (2505, 1)),
    ),
}
