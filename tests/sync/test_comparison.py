import pytest

from sync.comparison import change


@pytest.mark.parametrize(
    ("live", "git", "told"),
    [
        ("", None, '- ""'),
        ("1m", "2m", "- 1m|+ 2m"),
        ("1m", "1m|2m", "  1m|+ 2m"),
        ("a|b|c|d|e|f|g", "b|c|d|e|f|g|h", "- a|  b|  c|@@ -6,2 +5,3 @@|  f|  g|+ h"),
        ("a|b|c|d|e|f|g", "a|b|c|d|E|f|g", "@@ -3,5 +3,5 @@|  c|  d|- e|+ E|  f|  g"),
    ],
)
def test_a_difference_is_told_line_by_line_with_two_lines_around_it(
    live: str, git: str | None, told: str
) -> None:
    found = change("rule", "expr", live.replace("|", "\n"), git and git.replace("|", "\n"))
    assert found == f"  rule: expr|{told}".replace("|", "\n    ")


@pytest.mark.parametrize(
    ("live", "git", "told"),
    [(1, "1", '    - 1\n    + "1"'), ("a\n", "a", '    - "a\\n"\n    + "a"')],
)
def test_values_that_look_alike_are_told_apart(live: object, git: object, told: str) -> None:
    assert change("panel", "max", live, git) == f"  panel: max\n{told}"
