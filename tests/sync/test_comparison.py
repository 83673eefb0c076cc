from sync.comparison import Change, lines
from sync.grafana import without_defaults


def test_short_values_stand_below_each_other_and_long_ones_as_a_diff() -> None:
    assert lines(Change("a", "b", "", None)) == ["  a: b", '    - ""']
    assert lines(Change("rule a", "for", "1m", "2m")) == ["  rule a: for", "    - 1m", "    + 2m"]
    old, new = "\n".join("abcdefgh"), "\n".join("abcdeFgh")
    assert lines(Change("rule a", "expr", old, new)) == [
        "  rule a: expr",
        "    @@ -4,5 +4,5 @@",
        "      d",
        "      e",
        "    - f",
        "    + F",
        "      g",
        "      h",
    ]


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
