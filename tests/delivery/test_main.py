"""The command, as `make build`, `make check` and `make config` call it."""

import json
import re
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from config import Config
from config.file import load
from dashboards import compozy_monitoring
from delivery.__main__ import main
from delivery.render import generated_by
from delivery.splice import splice
from delivery.targets import ALERTS, build
from rules_tests.index import OTHER
from tests.conftest import Called, Ran

Run = Callable[..., Ran]


@pytest.fixture
def run(called: Called) -> Run:
    """Runs `python -m delivery` here; it ends with `code`, by default 0."""
    return partial(called, main, code=0)


def _files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def test_a_configurations_files_are_built_checked_and_replaced_by_those_of_the_next(
    tmp_path: Path, run: Run
) -> None:
    root, other = ("--root", str(tmp_path)), ("--config", str(OTHER))
    mine = tmp_path / "cluster/mine.yaml"
    mine.parent.mkdir()
    mine.write_text(f"b: 1  # a file of theirs\n# {generated_by('build')}\n")
    assert f"--- /dev/null\n+++ {ALERTS} (built)\n" in run("check", *root, code=1).out
    run("build", *root, *other)
    assert _files(tmp_path) == {mine, *(tmp_path / path for path in build(load(OTHER)))}
    run("check", *root, *other)
    assert ", 0 changed\n" in run("build", *root, *other).out
    _, out, err = run("check", *root, code=1)
    assert {f"--- {ALERTS} (committed)", f"+++ {ALERTS} (built)"} <= set(out.splitlines())
    assert {"-          > 0.05", "+          > 0.01"} <= set(out.splitlines())
    assert "+++ /dev/null\n" in out  # of a dashboard with another uid
    assert "make build" in err
    run("build", *root)
    assert _files(tmp_path) == {mine, *(tmp_path / path for path in build(Config()))}
    (tmp_path / ALERTS).write_bytes((tmp_path / ALERTS).read_bytes().replace(b"\n", b"\r\n"))
    run("check", *root, code=1)


def test_a_configuration_that_is_wrong_leaves_everything_as_it_was(
    tmp_path: Path, run: Run
) -> None:
    run("build", "--root", str(tmp_path))
    before = (tmp_path / ALERTS).read_bytes()
    wrong = tmp_path / "monitoring.yaml"
    wrong.write_text("failures: {threshold: 0}\n")
    *_, err = run("build", "--root", str(tmp_path), "--config", str(wrong), code=2)
    told = "failures.threshold: must be 0.0001 or more, not 0: below it every single failure alerts"
    assert err == f"build: nothing was written:\n{wrong}: {told}\n"
    assert (tmp_path / ALERTS).read_bytes() == before


def test_the_committed_files_are_built_from_the_configuration_that_is_written_and_stays_as_it_is(
    tmp_path: Path, run: Run
) -> None:
    file = tmp_path / "monitoring.yaml"
    run("config", "--out", str(file))
    text = file.read_text()
    assert "threshold: 0.01  # " in text
    assert run("config").out == text
    assert load(file) == Config()
    run("check", "--config", str(file))
    *_, err = run("config", "--config", str(OTHER), "--out", str(file), code=1)
    assert err.startswith(f"config: {file} is there already, and stays: ")
    assert file.read_text() == text


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "cluster/grafana/provisioning"
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    *_, err = run("build", "--root", str(tmp_path), code=1)
    assert re.fullmatch(rf"build: {folder}/\S+\.yaml: .+: nothing was written\n", err)
    assert _files(tmp_path) == {folder}


@pytest.mark.parametrize(
    ("version", "indent", "end", "notes"), [(40, 4, "\n", 1), (41, 2, "", 0), (42, None, "", 0)]
)
def test_a_dashboard_gets_the_row_once_where_a_link_leads_to_and_its_text_keeps_its_form(
    tmp_path: Path, run: Run, version: int, indent: int | None, end: str, notes: int
) -> None:
    theirs = {"uid": "Größe", "schemaVersion": version, "panels": []}
    file, link = tmp_path / "theirs.json", tmp_path / "link.json"
    file.write_text(json.dumps(theirs, indent=indent) + end)
    file.chmod(0o640)
    link.symlink_to(file)
    _, out, err = run("splice", str(link))
    assert err == ""
    assert "has the row LLM Usage Monitoring" in out
    made = splice(theirs, compozy_monitoring.dashboard(Config()))
    before = file.read_text()
    assert before == json.dumps(made, indent=indent, ensure_ascii=False) + end
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    again = run("splice", str(link)).out
    assert "nothing changed" in again
    assert file.read_text() == before
    told = f"schemaVersion {version}, from before Grafana 12; marks of fired alerts: Grafana 11.6.2"
    assert out.count(told) == again.count(told) == notes


@pytest.mark.parametrize(
    ("text", "told", "code"),
    [
        (b"{", "is not JSON in UTF-8 (", 2),
        (b"\xff\xfe", "is not JSON in UTF-8 (", 2),
        (b"[" * 100_000, "is not JSON in UTF-8 (", 2),
        (b"[]", "must be a mapping", 2),
        (None, "No such file", 1),
    ],
    ids=["half", "no text", "nested too deep", "a list", "none"],
)
def test_a_dashboard_that_is_no_use_stays_untouched(
    tmp_path: Path, run: Run, text: bytes | None, told: str, code: int
) -> None:
    file = tmp_path / "theirs.json"
    if text is not None:
        file.write_bytes(text)
    *_, err = run("splice", str(file), code=code)
    assert err.startswith("splice: ")
    assert f"{file}: {told}" in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == (
        {file: text} if text else {}
    )
