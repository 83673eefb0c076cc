"""History, read back as text and by promtool."""

import re
import shlex
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from exporter_stub.faults import Fault, FaultName
from exporter_stub.replay import BLOCK, Replay
from exporter_stub.scenarios import SCENARIOS, Scenario
from tests.conftest import Command
from tests.exporter_stub.conftest import ended, started, wait_for
from tools import ROOT
from tools.promtool import Promtool

END = 1_800_000_000 // BLOCK * BLOCK
"""Unix seconds; where two blocks meet."""

Series = dict[str, dict[int, float]]
"""Values by time, of each series as it is written."""


def _written(folder: Path, scenario: Scenario, hours: float = 1, **changed: Any) -> list[Path]:
    """The files of a history that ends at END."""
    settings = {"instances": ("a:1", "b:1"), "every": 60, "rate": 0.2, "seed": 1, **changed}
    return Replay(scenario, END - int(hours * 3600), END, **settings).write(folder)


def _series(*files: Path) -> Series:
    found: Series = defaultdict(dict)
    for file in files:
        for line in file.read_text().splitlines():
            if not line.startswith("#"):
                series, value, stamp = line.rsplit(" ", 2)
                found[series][int(stamp)] = float(value)
    return found


def _events(series: Series, at: int, labels: str = "") -> float:
    counters = [text for text in series if "usage_events_total{" in text and labels in text]
    return sum(series[text].get(at, 0) for text in counters)


HEALTHY = SCENARIOS["healthy"]


def test_a_healthy_history_has_all_replicas_and_series_from_their_first_event(
    tmp_path: Path,
) -> None:
    series = _series(*_written(tmp_path, HEALTHY))
    for instance in ("a:1", "b:1"):
        up = series[f'up{{job="compozy",instance="{instance}"}}']
        assert list(up) == list(range(END - 3600, END + 1, 60))
        assert set(up.values()) == {1}
        events = _events(series, END, f'instance="{instance}"')
        assert events == pytest.approx(0.1 * 3600 * 6, rel=0.5)
    assert not any("failure" in text for text in series)
    counters = [values for text, values in series.items() if "_total{" in text]
    assert min(next(iter(values.values())) for values in counters) > 0
    assert not all(len(values) == 61 for values in counters)


def test_each_file_is_openmetrics_of_one_block_and_counters_go_on_in_the_next(
    tmp_path: Path,
) -> None:
    odd = {"job": 'a"b', "instances": ("c\\d",)}
    files = _written(tmp_path / "history", HEALTHY, hours=2.5, **odd)
    assert [file.stem for file in files] == [f"20270115T{at}00Z" for at in ("0530", "0600", "0800")]
    for file in files:
        stamps = {stamp for values in _series(file).values() for stamp in values}
        assert len({stamp // BLOCK for stamp in stamps}) == 1
        Promtool.found().create_blocks_from_openmetrics(file, tmp_path / "tsdb")
    blocks = [file.name for file in (tmp_path / "tsdb").iterdir()]
    assert sum(bool(re.fullmatch(r"[0-9A-Z]{26}", name)) for name in blocks) == len(files)
    for text, values in _series(*files).items():
        in_order = [values[stamp] for stamp in sorted(values)]
        assert in_order == sorted(in_order), text


def test_a_restart_resets_every_counter(tmp_path: Path) -> None:
    restart = Scenario("", incidents=((1805, Fault(name=FaultName.RESTART)),))
    series = _series(*_written(tmp_path, restart))
    before, after = (_events(series, END - ahead) for ahead in (1860, 1800))
    assert after < 0.1 * before


def test_a_seed_makes_the_same_history_again(tmp_path: Path) -> None:
    one, same, other = (
        [file.read_text() for file in _written(tmp_path / name, HEALTHY, hours=0.5, seed=seed)]
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    assert one == same != other


def test_the_command_says_how_large_its_history_is_and_how_to_use_it(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "a folder"
    options = ("--hours", "1", "--every", "30", "--replicas", "1", "--rate", "0.2")
    done = command("exporter_stub", "replay", *options, "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    up = _series(*out.iterdir())['up{job="compozy",instance="replica-1:5001"}']
    assert sorted(up) == list(range(min(up), min(up) + 3601, 30))
    assert 0 <= time.time() - max(up) < 600
    (told,) = re.findall(
        r"^1 hours of 'healthy': 121 scrapes of 1 .*, about (.*) MB$", done.stdout, re.MULTILINE
    )
    written = sum(file.stat().st_size for file in out.iterdir())
    assert float(told) * 1e6 == pytest.approx(written, rel=0.3)
    recipe = done.stdout.split("\n\n")[1]
    subprocess.run(["bash", "-ec", recipe.split("touch ")[0]], cwd=ROOT, check=True, timeout=120)
    assert len([entry for entry in (out / "tsdb").iterdir() if entry.is_dir()]) >= 1
    page = (ROOT / "docs/exporter.md").read_text()
    for line in recipe.replace(shlex.quote(str(out)), ".data/history").splitlines():
        assert line in page


def test_a_replay_that_is_interrupted_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for number, code, said, left in (
        (signal.SIGTERM, 143, "exporter_stub: stopped\n", 0),
        (signal.SIGINT, 130, "exporter_stub: stopped\n", 0),
        (signal.SIGKILL, -9, "", 1),
    ):
        with started(tmp_path, "replay", "--rate", "0.1", "--out", str(out)) as replay:
            wait_for(lambda: any(out.glob("*/*.om")))
            assert ended(replay, number, code) == said
        assert len([*out.iterdir()]) == left
        assert not any(out.glob("*.om"))
    _written(out, HEALTHY, hours=0.1)
    assert {path.suffix for path in out.iterdir()} == {".om"}
