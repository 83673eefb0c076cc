from pathlib import Path, PurePosixPath

from delivery.render import generated_by
from delivery.writer import drift, write

GENERATED = generated_by("build")
FILES = {PurePosixPath("cluster/a/one.yaml"): f"# {GENERATED}\na: 1\n"}


def test_a_missing_file_is_drift_and_what_was_written_shows_no_drift_and_is_not_written_again(
    tmp_path: Path,
) -> None:
    assert "+++ cluster/a/one.yaml (built)" in drift(tmp_path, FILES)
    assert write(tmp_path, FILES) == list(FILES)
    assert drift(tmp_path, FILES) == ""
    assert write(tmp_path, FILES) == []


def test_a_hand_edited_file_shows_as_a_diff_of_its_lines_or_their_ends(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (file,) = (tmp_path / path for path in FILES)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert drift(tmp_path, FILES)
    file.write_text(f"# {GENERATED}\na: 2\n")
    shown = drift(tmp_path, FILES).splitlines()
    assert shown[:2] == ["--- cluster/a/one.yaml (committed)", "+++ cluster/a/one.yaml (built)"]
    assert "-a: 2" in shown
    assert "+a: 1" in shown


def test_a_generated_file_that_is_built_no_more_is_drift_and_then_removed(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    by_hand = tmp_path / "cluster/a/mine.yaml"
    by_hand.write_text(f"# Not this: {GENERATED[:-1]}\n".replace("#", "b: 1\n#"))
    assert "+++ /dev/null" in drift(tmp_path, {})
    assert write(tmp_path, {}) == list(FILES)
    assert [path.name for path in (tmp_path / "cluster/a").iterdir()] == ["mine.yaml"]
