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
from delivery.splice import splice, spliced_text
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
    assert err == (
        f"build: nothing was written:\n{wrong}: failures.threshold: must be greater than 0, not 0\n"
    )
    assert (tmp_path / ALERTS).read_bytes() == before


def test_the_committed_files_are_built_from_the_printed_configuration(
    tmp_path: Path, run: Run
) -> None:
    out = run("config").out
    file = tmp_path / "monitoring.yaml"
    file.write_text(out)
    assert "threshold: 0.01  # " in out
    run("check", "--config", str(file))


def test_a_configuration_that_is_there_is_never_written_over(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "monitoring.yaml"
    run("config", "--out", str(file))
    assert load(file) == Config()
    text = "failures: {threshold: 0.05}\n"
    file.write_text(text)
    *_, err = run("config", "--config", str(file), "--out", str(file), code=1)
    assert err.startswith(f"config: {file} is there already, and stays: ")
    assert file.read_text() == text


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "cluster/grafana/provisioning"
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    *_, err = run("build", "--root", str(tmp_path), code=1)
    assert re.fullmatch(rf"build: {folder}/\S+\.yaml: .+: nothing was written\n", err)
    assert _files(tmp_path) == {folder}


def test_a_dashboard_gets_the_row_once_where_a_link_leads_to(tmp_path: Path, run: Run) -> None:
    theirs = {"schemaVersion": 42, "panels": []}
    file, link = tmp_path / "theirs.json", tmp_path / "link.json"
    file.write_text(json.dumps(theirs))
    file.chmod(0o640)
    link.symlink_to(file)
    _, out, err = run("splice", str(link))
    assert err == ""
    assert "has the row LLM Usage Monitoring" in out
    assert json.loads(file.read_text()) == splice(theirs, compozy_monitoring.dashboard(Config()))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    before = file.read_bytes()
    assert "nothing changed" in run("splice", str(link)).out
    assert file.read_bytes() == before


@pytest.mark.parametrize(("version", "times"), [(40, 1), (41, 0)])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_dashboards_text_keeps_its_form_and_what_an_older_grafana_does_not_show_is_told(
    version: int, times: int, end: str
) -> None:
    text = json.dumps({"uid": "theirs", "schemaVersion": version, "panels": []}, indent=4) + end
    ours = compozy_monitoring.dashboard(Config())
    made, notes = spliced_text(text, ours)
    assert made.splitlines()[:2] == ["{", '    "uid": "theirs",']
    assert made.endswith("}" + end)
    assert spliced_text(made, ours) == (made, notes)
    told = (
        f"of schemaVersion {version}, from before Grafana 12; marks of fired alerts: Grafana "
        "11.6.2 or 12.0.1 or later is needed to show all of it"
    )
    assert notes == times * [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (b"[]", "is no classic dashboard"),
        (None, "No such file"),
    ],
)
def test_a_dashboard_that_is_no_use_stays_untouched(
    tmp_path: Path, run: Run, text: bytes | None, told: str
) -> None:
    file = tmp_path / "theirs.json"
    if text is not None:
        file.write_bytes(text)
    *_, err = run("splice", str(file), code=1)
    assert err.startswith("splice: ")
    assert told in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == (
        {file: text} if text else {}
    )
