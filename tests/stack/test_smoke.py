from typing import Any

import pytest

from contract.metrics import FAMILIES
from stack.smoke import look
from tests.preview.example import Example

BAD = {"name": "r", "health": "err", "lastError": "bad"}
SEEN = {family.name: [{"metric": {}, "values": [1]}] for family in FAMILIES}


@pytest.mark.parametrize(
    ("absent", "rules", "told"),
    [
        ("", [{"name": "r", "health": "ok"}], []),
        (FAMILIES[-1].name, [BAD], [f"no series of {FAMILIES[-1].name}", "rule r: health err bad"]),
        ("", [], ["no rules are loaded"]),
        ("", [{"name": "s", "health": "unknown"}], ["rule s: health unknown"]),
    ],
)
def test_what_does_not_work_is_named(
    monkeypatch: pytest.MonkeyPatch, absent: str, rules: list[dict[str, Any]], told: list[str]
) -> None:
    api = Example({name: series for name, series in SEEN.items() if name != absent})
    monkeypatch.setattr(api, "rules", lambda: rules)
    assert look(api)[1] == told
