"""The judge on fleets so small that the right verdict is obvious."""

from dataclasses import replace
from typing import Any

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


def test_a_total_outage_must_be_told_within_four_minutes_and_for_no_longer_than_seventeen() -> None:
    begin, end = BEGIN // MINUTE * MINUTE, BEGIN + 10 * MINUTE
    healthy = [*every(10, 0, BEGIN, succeeded=1), *every(10, end, SPAN, succeeded=1)]
    failing = process([*healthy, *every(10, BEGIN, end, failed=1)])
    for interval in (15, 30, 60):
        outage = _failures(failing, interval=interval)
        assert not outage.may(begin)
        assert outage.must(begin + 4 * MINUTE)
        assert outage.must(begin + 22 * MINUTE)
        assert not outage.may(begin + 28 * MINUTE)


def test_failures_before_the_first_look_and_after_the_last_bind_nobody() -> None:
    old = _failures(process([Event(LONG_AGO, failed=900), *every(10, 0, SPAN, succeeded=1)]))
    assert not any(old.may(at) for at in range(0, SPAN, MINUTE))
    last = [*every(10, 0, HOUR, succeeded=1), Event(HOUR + 8, failed=60)]
    lost = _failures(process(last, end=HOUR + 14))
    assert lost.may(HOUR + 4 * MINUTE)
    assert not any(lost.must(at) for at in range(0, SPAN, MINUTE))


def test_a_crash_loop_that_loses_every_flush_must_be_told() -> None:
    starts = range(MINUTE, SPAN, 6 * MINUTE)
    looped = _failures(*(process(every(10, at, at + 60, failed=1), at, at + 60) for at in starts))
    assert all(looped.must(at) for at in range(10 * MINUTE, SPAN, MINUTE))


def test_growth_over_scrapes_that_fail_is_known_and_has_its_time_between_the_looks() -> None:
    events = [*every(10, 0, SPAN, succeeded=1), Event(HOUR + 100, failed=40)]
    share = _failures(process(events), failing=range(HOUR, HOUR + 8 * MINUTE, 15))
    assert not any(share.must(HOUR + minute * MINUTE) for minute in range(9))
    assert share.must(HOUR + 11 * MINUTE)
    assert not share.may(HOUR + 26 * MINUTE)


def _silent(*processes: Process) -> Silence:
    return Silence(Observed(made_of(*processes)))


def test_a_silence_may_be_told_after_30_minutes_and_must_after_33() -> None:
    silence = _silent(process(every(60, 0, BEGIN, succeeded=1)))
    last = BEGIN // MINUTE * MINUTE
    assert not silence.may(last + 29 * MINUTE)
    assert silence.may(last + 31 * MINUTE)
    assert not silence.must(last + 31 * MINUTE)
    assert silence.must(last + 34 * MINUTE)


def test_an_event_that_nobody_saw_makes_a_silence_no_false_alert_and_no_missed_one() -> None:
    events = [*every(60, 0, HOUR, succeeded=1), Event(HOUR + 20 * MINUTE + 2, succeeded=1)]
    silence = _silent(process(events, end=HOUR + 20 * MINUTE + 4))
    assert silence.may(HOUR + 35 * MINUTE)
    assert not silence.must(HOUR + 35 * MINUTE)
    assert silence.must(HOUR + 54 * MINUTE)


def test_a_system_that_was_never_used_is_not_silent() -> None:
    unused = _silent(process([]))
    assert not any(unused.may(at) for at in range(0, SPAN, MINUTE))


def _tokens(factor: int) -> Spike:
    events = [
        *every(10, 0, 2 * HOUR, succeeded=1, prompt=100),
        *every(10, 2 * HOUR, SPAN, succeeded=1, prompt=100 * factor // 10),
    ]
    return Spike(Observed(made_of(process(events))), LABEL_SET)


def test_four_times_the_tokens_must_be_told_within_25_minutes_and_two_times_never() -> None:
    four, two = _tokens(40), _tokens(20)
    assert four.must(2 * HOUR + 26 * MINUTE)
    assert not any(four.must(at) for at in range(0, 2 * HOUR, MINUTE))
    assert not any(two.may(at) for at in range(0, SPAN, MINUTE))


def test_samples_stand_where_a_scrape_was_answered_and_go_stale_where_it_was_not() -> None:
    one = process([Event(12, succeeded=1), Event(80, succeeded=2)])
    few = replace(made_of(one, failing=(45,)), span=100)
    values = {each["series"].partition("{")[0]: each["values"] for each in input_series(few, 15)}
    assert values["up"].startswith("1+0x2 0 1+0x")
    assert values["compozy_llm_usage_events_total"].startswith("_x1 1+0x1 stale 1+0x1 3")


def test_on_an_engine_that_is_late_an_alert_may_be_as_late_as_is_documented_and_no_later() -> None:
    end = BEGIN + 10 * MINUTE
    failing = process([*every(10, 0, BEGIN, succeeded=1), *every(10, BEGIN, end, failed=1)])
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
