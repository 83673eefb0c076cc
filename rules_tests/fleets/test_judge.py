"""The judge on fleets so small that the right verdict is obvious."""

from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from config import IngestionFailures
from rules_tests.fleets.failures import Failures
from rules_tests.fleets.judge import judge, minutes
from rules_tests.fleets.model import (
    BEGIN,
    HOUR,
    LABEL_SET,
    LONG_AGO,
    MINUTE,
    SPAN,
    Event,
    Process,
    event,
    every,
    made_of,
    process,
)
from rules_tests.fleets.observe import Observed
from rules_tests.fleets.samples import input_series
from rules_tests.fleets.silence import Silence
from rules_tests.fleets.spike import Spike


def _failures(*processes: Process, **scrapes: Any) -> Failures:
    return Failures(Observed(made_of(*processes, **scrapes)), LABEL_SET)


def _silence(*processes: Process) -> Silence:
    return Silence(Observed(made_of(*processes)))


def _spike(percent: int) -> Spike:
    """One whose tokens are `percent` of what they were, for the last hour."""
    events = [
        *every(10, 0, 2 * HOUR, succeeded=1, prompt=100),
        *every(10, 2 * HOUR, SPAN, succeeded=1, prompt=percent),
    ]
    return Spike(Observed(made_of(process(events))), LABEL_SET)


def _healthy(begin: int, end: int, seconds: int = 10) -> list[Event]:
    return every(seconds, begin, end, succeeded=1)


END = BEGIN + 10 * MINUTE
FAILED = every(10, BEGIN, END, failed=1)
OUTAGE = process([*_healthy(0, BEGIN), *FAILED, *_healthy(END, SPAN)])
LOOP = [process(every(10, at, at + 60, failed=1), at, at + 60) for at in range(60, SPAN, 360)]
OLD = process([event(LONG_AGO, failed=900), *_healthy(0, SPAN)])
LAST = process([*_healthy(0, HOUR), event(HOUR + 8, failed=60)], end=HOUR + 14)
HIDDEN = process([*_healthy(0, SPAN), event(HOUR + 100, failed=40)])
AWAY = range(HOUR, HOUR + 8 * MINUTE, 15)
USED = _healthy(0, HOUR, 60)
REPLACED = HOUR + 20 * MINUTE + 4
UNSEEN = process([*USED, event(REPLACED - 2, succeeded=1)], end=REPLACED)
BEFORE = process(USED, end=REPLACED)
ONE, AS_MANY = (
    process([event(REPLACED + 2, succeeded=count)], REPLACED) for count in (1, len(USED))
)


@pytest.mark.parametrize(
    ("verdicts", "alert"),
    [
        # An outage of ten minutes: told within 4, and for no longer than 17 after its end.
        ("quiet 62, may 1, must 22, may 1, quiet 95", _failures(OUTAGE, interval=15)),
        ("quiet 62, may 1, must 21, may 2, quiet 95", _failures(OUTAGE, interval=60)),
        # A crash loop that loses every flush.
        ("quiet 3, may 1, must 177", _failures(*LOOP)),
        # Failures before the first look and after the last bind nobody.
        ("quiet 181", _failures(OLD)),
        ("quiet 62, may 15, quiet 104", _failures(LAST)),
        # What grew while scrapes failed is known after them, and happened between the looks.
        ("quiet 69, may 1, must 5, may 8, quiet 98", _failures(HIDDEN, failing=AWAY)),
        # A silence may be told after 30 minutes and must be after 33; one never used is not silent.
        ("quiet 91, may 3, must 87", _silence(process(_healthy(0, BEGIN, 60)))),
        ("quiet 181", _silence(process([]))),
        # An event that nobody saw, at minute 80: neither verdict on it is wrong.
        ("quiet 90, may 24, must 67", _silence(UNSEEN)),
        # An event in the first scrape of a process that replaces another is seen,
        ("quiet 111, may 3, must 67", _silence(BEFORE, ONE)),
        # but not where it then has counted as many as the one before it.
        ("quiet 90, may 24, must 67", _silence(BEFORE, AS_MANY)),
        # Four times the tokens, from minute 120 on, are told within 25 minutes; twice never.
        ("quiet 133, may 11, must 5, may 32", _spike(400)),
        ("quiet 181", _spike(200)),
    ],
)
def test_it_is_known_when_an_alert_must_fire_and_may_and_must_be_quiet(
    verdicts: str, alert: Failures | Silence | Spike
) -> None:
    """Minute by minute, each verdict with how many minutes it lasts; incidents begin at 60."""
    found = [
        "must" if alert.must(at) else "may" if alert.may(at) else "quiet"
        for at in range(0, SPAN + 1, MINUTE)
    ]
    assert ", ".join(f"{word} {len([*same])}" for word, same in groupby(found)) == verdicts


def test_samples_stand_where_a_scrape_was_answered_and_go_stale_where_it_was_not() -> None:
    one = process([event(12, succeeded=1), event(80, succeeded=2)])
    few = replace(made_of(one, failing=(45,)), span=100)
    values = {each["series"].partition("{")[0]: each["values"] for each in input_series(few, 15)}
    assert values["up"].startswith("1+0x2 0 1+0x")
    assert values["compozy_llm_usage_events_total"].startswith("_x1 1+0x1 stale 1+0x1 3")
    ended, unused = process([event(12, succeeded=1)], end=40), Process(40, SPAN + 1, {})
    (_, series) = input_series(made_of(ended, unused), 15)
    assert series["values"] == "_x1 1+0x1 stale"


def test_a_target_that_is_dropped_goes_stale_unless_prometheus_has_started_since() -> None:
    stays = made_of(process([]))
    dropped = replace(stays.targets[0], scrapes={0: True, 15: True, 120: None})
    for down, values in ((), "1+0x1 _x6 stale"), (((30, 110),), "1+0x1"):
        (up,) = input_series(replace(stays, targets=(dropped,), down=down), 15)
        assert up["values"] == values


def test_on_an_engine_that_is_late_an_alert_may_be_as_late_as_is_documented_and_no_later() -> None:
    failing = process([*_healthy(0, BEGIN), *FAILED])
    one = made_of(failing)
    latest = set(filter(_failures(failing).must, minutes(one)))
    subject = (IngestionFailures.name, LABEL_SET)

    def wrong(delay: int, late: int) -> int:
        fires = {subject: {at + delay * MINUTE for at in latest}}
        found = judge(one, fires, {IngestionFailures.name: late}).wrong
        return sum(each.alert == IngestionFailures.name for each in found)

    assert wrong(0, 0) == wrong(2, 2) == 0
    assert wrong(2, 1) > 0
    assert wrong(2, 0) > wrong(2, 1)
