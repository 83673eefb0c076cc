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
        # Values that look alike.
        (1, "1", '- 1|+ "1"'),
        ("a|", "a", '- "a\\n"|+ "a"'),
    ],
)
def test_a_difference_is_told_line_by_line_with_two_lines_around_it(
    live: object, git: object, told: str
) -> None:
    old, new = (each.replace("|", "\n") if isinstance(each, str) else each for each in (live, git))
    assert change("rule", "expr", old, new) == f"  rule: expr|{told}".replace("|", "\n    ")
