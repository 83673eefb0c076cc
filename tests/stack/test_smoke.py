from typing import Any

import pytest

from stack.smoke import missing

BAD = {"name": "r", "health": "err", "lastError": "bad"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"series": {"a": 1, "b": 0}}, ["no series of b"]),
        ({"rules": []}, ["no rules are loaded"]),
        ({"rules": [BAD]}, ["rule r: health err (bad)"]),
        ({"rules": [{"name": "s", "health": "unknown"}]}, ["rule s: health unknown"]),
    ],
)
def test_what_does_not_work_is_named(changed: dict[str, Any], told: list[str]) -> None:
    well = {"series": {"a": 1, "b": 2}, "rules": [{"name": "r", "health": "ok"}]}
    assert missing(**{**well, **changed}) == told
