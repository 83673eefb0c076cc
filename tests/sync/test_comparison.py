import pytest

from sync.comparison import change
from sync.grafana import without_defaults


@pytest.mark.parametrize(
    ("live", "git", "told"),
    [
        ("", None, '- ""'),
        ("1m", "2m", "- 1m|+ 2m"),
        ("a|b|c|d|e|f|g", "b|c|d|e|f|g|h", "- a|  b|  c|@@ -6,2 +5,3 @@|  f|  g|+ h"),
    ],
)
def test_a_difference_is_told_line_by_line_with_two_lines_around_it(
    live: str, git: str | None, told: str
) -> None:
    found = change("rule", "expr", live.replace("|", "\n"), git and git.replace("|", "\n"))
    assert found == f"  rule: expr|{told}".replace("|", "\n    ")


def test_only_keys_with_their_default_value_are_left_out() -> None:
    value = {
        "a": {"links": [], "transparent": False, "description": "", "repeat": None},
        "min": 0,
        "hide": 0,
        "editable": True,
        "showLegend": False,
        "pluginVersion": "1",
        "list": [{}, None, {"x": 0, "w": 3}],
    }
    assert without_defaults(value) == {"min": 0, "showLegend": False, "list": [{}, None, {"w": 3}]}
