from dataclasses import replace
from datetime import timedelta

import pytest

from config import Config, IngestionFailures
from contract.durations import parsed_duration, promql_duration


@pytest.mark.parametrize(
    ("text", "span", "written"),
    [
        *(("0", 0, "0s"), ("1ms", 0.001, "1ms"), ("59s", 59, "59s"), ("1m30s", 90, "1m30s")),
        *(("1h15m", 4500, "1h15m"), ("1d", 24 * 3600, "24h"), ("1w2d", 9 * 24 * 3600, "216h")),
    ],
)
def test_a_duration_is_read_and_written_in_hours_and_less(
    text: str, span: float, written: str
) -> None:
    assert parsed_duration(text) == timedelta(seconds=span)
    assert promql_duration(timedelta(seconds=span)) == written


@pytest.mark.parametrize("text", ["", "15", "m", "30m1h", "-1m", "1.5h", "1 m"])
def test_what_promql_does_not_take_for_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as"):
        parsed_duration(text)


@pytest.mark.parametrize("span", [timedelta(seconds=-1), timedelta(microseconds=1)])
def test_a_duration_that_promql_cannot_say_is_refused(span: timedelta) -> None:
    with pytest.raises(ValueError, match="no PromQL duration"):
        promql_duration(span)


def test_at_another_speed_every_time_of_the_rules_is_shorter_and_nothing_else() -> None:
    fast = Config().at_speed(10)
    assert fast.evaluation_interval == timedelta(seconds=6)
    assert fast.failures == IngestionFailures(
        window=timedelta(seconds=90), for_=timedelta(seconds=6)
    )
    assert fast.zero_traffic.window == timedelta(minutes=3)
    assert fast.token_spike.min_history == timedelta(minutes=6)
    assert fast.token_spike.factor == Config().token_spike.factor
    assert fast.dashboard == replace(
        Config().dashboard,
        coverage_window=timedelta(seconds=90),
        rate_window=timedelta(seconds=30),
    )
    assert fast.settle == Config().at_speed(60).settle == timedelta(seconds=1)
    assert Config().at_speed(1) == Config()


def test_a_speed_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="0 is no speed: a whole number from 1 on"):
        Config().at_speed(0)
