from sync.comparison import Change, Thing, differences, lines
from sync.grafana import without_defaults


def test_things_of_one_name_are_paired_in_their_order() -> None:
    live = [Thing(text[0], text) for text in ("a1", "b1", "a2", "c1")]
    git = [Thing(text[0], text) for text in ("a3", "a4", "b2", "d1")]
    found = [(change.what, change.live, change.git) for change in differences(live, git)]
    assert found == [
        ("", "a1", "a3"),
        ("", "a2", "a4"),
        ("", "b1", "b2"),
        ("is not there", None, "d1"),
        ("is not in Git", "c1", None),
    ]


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
