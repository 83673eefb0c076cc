from pathlib import Path

import pytest

from tools.files import replace, replace_all


def test_a_file_is_replaced_with_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "file"
    for text in ("first", "second"):
        replace(file, text, 0o600)
        assert (file.read_text(), file.stat().st_mode & 0o777) == (text, 0o600)


def test_one_folder_that_cannot_be_written_leaves_all_files_as_they_were(tmp_path: Path) -> None:
    first, second = tmp_path / "one.yaml", tmp_path / "two.yaml"
    first.write_text("old")
    (tmp_path / "no folder").write_text("")
    new = {first: b"new", second: b"new", tmp_path / "no folder/three.yaml": b"new"}
    with pytest.raises(OSError, match=r"nothing was written: .*/no folder/three\.yaml"):
        replace_all(new)
    assert {path.name for path in tmp_path.iterdir()} == {"one.yaml", "no folder"}
    assert first.read_text() == "old"
