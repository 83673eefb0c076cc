"""Durations as Prometheus, Alertmanager and Grafana write them: 90s is 1m30s is 1m30s."""

from datetime import timedelta

from contract.durations import parsed_duration, promql_duration


def seconds(text: str) -> float | None:
    """The length of `text`, such as 1h30m; None where it is no duration."""
    try:
        return parsed_duration("0s" if text == "0" else text).total_seconds()
    except ValueError:
        return None


def shown(length: float) -> str:
    """`length` in seconds as people write it, in hours and less."""
    return promql_duration(timedelta(milliseconds=round(length * 1000)))


def canonical(value: object) -> object:
    """`value` written one way where it is a duration, and as it is where not."""
    length = seconds(value) if isinstance(value, str) else None
    return value if length is None else shown(length)
