import pytest
import yaml

from rules_tests import spelling

TEXT = """\
version: 1.10
tested: yes
quoted: 'yes'
octal: 0500
day: 2001-01-01
power: 1e3
hexadecimal: 0x9
list:
- null
- 1_000
- .inf
- '1.10'
- true
"""


def test_what_is_read_is_written_as_it_was_spelled() -> None:
    assert spelling.dump(spelling.load(TEXT)) == TEXT


def test_a_value_that_is_merged_in_keeps_its_spelling() -> None:
    found = spelling.load("a: &a {on: yes, b: 1.0}\nc: {<<: *a, b: 2.0}\n")
    assert spelling.load(spelling.dump(found["c"])) == {"on": "yes", "b": "2.0"}
    assert "b: 2.0" in spelling.dump(found["c"])


def test_a_key_that_stands_twice_is_refused_with_its_place() -> None:
    with pytest.raises(yaml.YAMLError, match=r"the key a stands twice(?s:.*)line 3"):
        spelling.load("a: 1\nb: 2\na: 3\n")


def test_no_object_is_made_of_a_tag() -> None:
    with pytest.raises(yaml.YAMLError, match="could not determine a constructor"):
        spelling.load("!!python/object/apply:os.getcwd []")
