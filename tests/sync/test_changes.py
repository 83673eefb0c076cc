from typing import Any

import pytest

from sync.bare import bare
from sync.changes import Change, leaves, lines, matched
from sync.durations import seconds, shown
from sync.expressions import tokens


@pytest.mark.parametrize(
    ("text", "length", "canonical"),
    [
        ("0", 0, "0s"),
        ("90s", 90, "1m30s"),
        ("1h0m", 3600, "1h"),
        ("1m0s", 60, "1m"),
        ("1d", 86400, "24h"),
        ("1w2d", 777_600, "216h"),
        ("1500ms", 1.5, "1s500ms"),
    ],
)
def test_a_duration_is_read_and_written_one_way(text: str, length: float, canonical: str) -> None:
    assert seconds(text) == length
    assert shown(length) == canonical


@pytest.mark.parametrize("text", ["", "m", "1x", "1m 30s", "channel", "5", "s1", "1m1h"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert seconds(text) is None


@pytest.mark.parametrize(
    ("live", "git", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [2, 1]}}, [("a.b", [1, 2], [2, 1])]),
        (
            {"a": [{"b": 1}]},
            {"a": [{"b": 2}, {"c": 3}]},
            [("a[0].b", 1, 2), ("a[1]", None, {"c": 3})],
        ),
        ({"a": 3.0}, {"a": 3}, []),
        ({"b": 1}, {"a": 1}, [("a", None, 1), ("b", 1, None)]),
    ],
)
def test_differences_are_found_by_their_path(live: Any, git: Any, found: list[Any]) -> None:
    assert list(leaves(live, git)) == found


def test_things_of_one_name_are_paired_in_their_order() -> None:
    both = matched(["a1", "b1", "a2", "c1"], ["a3", "a4", "b2", "d1"], lambda text: text[0])
    assert both.pairs == (("a1", "a3"), ("a2", "a4"), ("b1", "b2"))
    assert (both.only_live, both.only_git) == (("c1",), ("d1",))
    assert not both.in_order


def test_short_values_stand_below_each_other_and_long_ones_as_a_diff() -> None:
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


def test_an_empty_text_is_another_than_none() -> None:
    assert lines(Change("a", "b", "", None)) == ["  a: b", '    - ""']


def test_only_what_says_nothing_is_left_out() -> None:
    value = {
        "a": {"links": [], "transparent": False, "description": "", "repeat": None},
        "min": 0,
        "hide": 0,
        "editable": True,
        "showLegend": False,
        "pluginVersion": "1",
        "list": [{}, None, {"x": 0, "w": 3}],
    }
    assert bare(value) == {"min": 0, "showLegend": False, "list": [{}, None, {"w": 3}]}


def test_expressions_are_compared_by_tokens_and_texts_in_them_stay() -> None:
    assert tokens('sum by(a)(x{b="# c",d=~"e f"})>=1 # g') == tokens(
        'sum by (a) (\n  # h\n  x{b="# c", d=~"e f"}\n) >= 1'
    )
    assert tokens('x{b="c d"}') != tokens('x{b="cd"}')
    assert tokens("a or b") != tokens("aor b")
