from pathlib import Path

from contract.file import parsed
from rules_tests import spelling

TEXT = """\
version: 1.10
tested: yes
quoted: 'yes'
octal: 0500
day: 2001-01-01
power: 1e3
equals: =
hexadecimal: 0x9
list:
- null
- 1_000
- .inf
- '1.10'
- true
merged:
"""


def test_what_is_read_is_written_as_it_was_spelled(tmp_path: Path) -> None:
    file = tmp_path / "a_test.json"  # promtool takes it for YAML, too
    file.write_text(f"{TEXT}  <<: {{on: yes, b: 1.0}}\n  b: 2.0\n")
    assert spelling.dump(parsed(file, spelling.Loader)) == f"{TEXT}  on: yes\n  b: 2.0\n"
