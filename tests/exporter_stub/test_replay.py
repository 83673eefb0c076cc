"""History, read back by prometheus_client's parser and by promtool."""

import re
import shlex
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from exporter_stub.catalogue import load_catalogue
from exporter_stub.faults import Fault, FaultName
from exporter_stub.replay import BLOCK, Replay
from exporter_stub.scenarios import SCENARIOS, Scenario
from tests.conftest import Command
from tests.exporter_stub.conftest import wait_for
from tools import ROOT
from tools.promtool import Promtool

END = 1_800_000_000 // BLOCK * BLOCK
"""Unix seconds; where two blocks meet."""

Series = dict[str, dict[int, float]]
"""Values by time, of each series as it is written."""


def _written(
    folder: Path, scenario: str | Fault, hours: float = 1, **changed: object
) -> list[Path]:
    """The files of a history to END, with a fault half an hour before it where one is given."""
    chosen = (
        SCENARIOS[scenario]
        if isinstance(scenario, str)
        else Scenario("", incidents=((1805, scenario),))
    )
    values: dict[str, object] = {
        "scenario": chosen,
        "catalogue": load_catalogue(),
        "begin": END - int(hours * 3600),
        "end": END,
        "every": 60,
        "instances": ("a:1", "b:1"),
        "job": "compozy",
        "rate": 1.0,
        "seed": 1,
        "zero_init": False,
        **changed,
    }
    folder.mkdir(exist_ok=True)
    Replay(**values).write(folder)  # type: ignore[arg-type]  # their types are those above
    return sorted(folder.iterdir())


def _series(*files: Path) -> Series:
    found: Series = defaultdict(dict)
    for file in files:
        for line in file.read_text().splitlines():
            if not line.startswith("#"):
                series, value, stamp = line.rsplit(" ", 2)
                found[series][int(stamp)] = float(value)
    return found


def _valid(file: Path) -> bool:
    """Let the parser check the file, some scrapes one after another.

    Of several scrapes at once it takes a histogram's later buckets for duplicates.
    """
    lines = file.read_text().splitlines()
    stamps = sorted({line.rsplit(" ", 1)[1] for line in lines if not line.startswith("#")})
    return all(
        list(text_string_to_metric_families("".join(_at(lines, stamp))))  # type: ignore[no-untyped-call]
        for stamp in stamps[:: len(stamps) // 5 or 1]
    )


def _at(lines: list[str], stamp: str) -> list[str]:
    return [f"{line}\n" for line in lines if line.startswith("#") or line.endswith(stamp)]


def _sum(series: Series, name: str, at: int, *parts: str) -> float:
    return sum(
        values.get(at, 0)
        for text, values in series.items()
        if text.startswith(f"{name}{{") and all(part in text for part in parts)
    )


EVENTS, FAILURES = "compozy_llm_usage_events_total", "compozy_llm_usage_failures_total"
RESTART = Fault(name=FaultName.RESTART)


def test_a_healthy_history_has_all_replicas_and_no_failures(tmp_path: Path) -> None:
    series = _series(*_written(tmp_path, "healthy"))
    for instance in ("a:1", "b:1"):
        up = series[f'up{{job="compozy",instance="{instance}"}}']
        assert list(up) == list(range(END - 3600, END + 1, 60))
        assert set(up.values()) == {1}
        events = _sum(series, EVENTS, END, f'instance="{instance}"')
        assert events == pytest.approx(0.5 * 3600 * 6, rel=0.5)
    assert not any("failure" in text for text in series)


def test_each_file_is_openmetrics_of_one_block_and_counters_go_on_in_the_next(
    tmp_path: Path,
) -> None:
    files = _written(tmp_path / "history", "healthy", hours=2.5, rate=0.2)
    assert [file.stem for file in files] == [f"20270115T{at}00Z" for at in ("0530", "0600", "0800")]
    for file in files:
        assert _valid(file)
        stamps = {stamp for values in _series(file).values() for stamp in values}
        assert len({stamp // BLOCK for stamp in stamps}) == 1
        Promtool.found().create_blocks_from_openmetrics(file, tmp_path / "tsdb")
    blocks = [file.name for file in (tmp_path / "tsdb").iterdir()]
    assert sum(bool(re.fullmatch(r"[0-9A-Z]{26}", name)) for name in blocks) == len(files)
    for text, values in _series(*files).items():
        in_order = [values[stamp] for stamp in sorted(values)]
        assert in_order == sorted(in_order), text


def test_a_series_is_born_at_its_first_event_or_at_zero_with_the_switch(tmp_path: Path) -> None:
    born = _series(*_written(tmp_path / "born", "healthy", rate=0.01))
    assert min(next(iter(values.values())) for text, values in born.items() if "_total" in text) > 0
    assert not all(len(values) == 61 for values in born.values())
    zero = _series(*_written(tmp_path / "zero", "healthy", rate=0.01, zero_init=True))
    assert all(len(values) == 61 for values in zero.values())


def test_a_restart_resets_every_counter_within_one_file(tmp_path: Path) -> None:
    (file, last) = _written(tmp_path, RESTART)
    assert last.read_text().count("up{") == 2  # the last scrape is where the next block begins
    assert _valid(file)
    series = _series(file)
    before, after = END - 1860, END - 1800
    assert _sum(series, EVENTS, after) < 0.1 * _sum(series, EVENTS, before)
    assert _sum(series, EVENTS, END - 60) > _sum(series, EVENTS, after)


def test_a_restart_begins_at_zero_again_with_the_switch(tmp_path: Path) -> None:
    (file, *_) = _written(tmp_path, RESTART, zero_init=True, rate=0.01)
    failures = [values for text, values in _series(file).items() if text.startswith(FAILURES)]
    assert failures
    assert all(len(values) == 60 for values in failures)


def test_an_outage_is_failures_as_long_as_it_lasts(tmp_path: Path) -> None:
    series = _series(*_written(tmp_path, "outage", hours=3))
    begin, end = END - 3 * 3600, END - int(2.5 * 3600)
    assert _sum(series, EVENTS, end, 'outcome="success"') == 0
    assert _sum(series, FAILURES, end) == _sum(series, EVENTS, end) > 0
    assert _sum(series, FAILURES, END) == _sum(series, FAILURES, end)
    assert _sum(series, EVENTS, END, 'outcome="success"') > 0
    assert _sum(series, FAILURES, begin) == 0


def test_a_spike_is_five_times_the_tokens_of_its_model(tmp_path: Path) -> None:
    series = _series(*_written(tmp_path, "token-spike", hours=3))
    spike = END - int(2.25 * 3600)

    def increase(name: str, since: int, until: int) -> float:
        model = 'model="claude-3-5-haiku"'
        return _sum(series, name, until, model) - _sum(series, name, since, model)

    def tokens_an_event(*span: int) -> float:
        return increase("compozy_llm_prompt_tokens_total", *span) / increase(EVENTS, *span)

    during, after = tokens_an_event(END - 3 * 3600, spike), tokens_an_event(spike, END)
    assert during / after == pytest.approx(5, rel=0.15)


def test_a_silence_is_of_workflows_alone_and_lasts_to_the_end(tmp_path: Path) -> None:
    series = _series(*_written(tmp_path, "silence"))
    begin, workflow = END - 29 * 60, 'component="workflow"'
    assert _sum(series, EVENTS, begin, workflow) == _sum(series, EVENTS, END, workflow) > 0
    assert _sum(series, EVENTS, begin, "agent") < _sum(series, EVENTS, END, "agent")


def test_a_seed_makes_the_same_history_again(tmp_path: Path) -> None:
    one, same, other = (
        [file.read_text() for file in _written(tmp_path / name, "steady", hours=0.5, seed=seed)]
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    assert one == same
    assert one != other


def test_labels_are_escaped(tmp_path: Path) -> None:
    (file, *_) = _written(tmp_path, "healthy", hours=0.1, job='a"b', instances=("c\\d",))
    assert _valid(file)


def test_the_command_says_how_large_its_history_is_and_how_to_use_it(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "a folder"
    options = ("--hours", "1", "--every", "30", "--replicas", "1", "--out", str(out))
    done = command("exporter_stub", "replay", *options, "--end", "1800000000")
    assert (done.returncode, done.stderr) == (0, "")
    up = _series(*out.iterdir())['up{job="compozy",instance="replica-1:5001"}']
    assert sorted(up) == list(range(1_800_000_000 - 3600, 1_800_000_001, 30))
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


def test_a_replay_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "exporter_stub", "replay", "--out", str(out)]
    for number, left in ((signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, 1)):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as replay:
            wait_for(lambda: any(out.glob("*/*.om")))
            replay.send_signal(number)
        assert len([*out.iterdir()]) == left
        assert not any(out.glob("*.om"))
    _written(out, "healthy", hours=0.1)
    assert {path.suffix for path in out.iterdir()} == {".om"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--hours 0", "'0' is no number of hours"),
        ("--every 0.5", "'0.5' is no interval: a whole number from 1 to 300"),
        ("--scenario party", "invalid choice: 'party'"),
        ("--scenario outage --hours 2", "--hours 2: this scenario needs at least 3.0 h"),
        ("--hours 0.0001", "--hours 0.0001: a scrape comes every 15 s only"),
        ("--catalogue nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("--hours 744 --every 1 --replicas 100", "choose fewer --hours or --replicas, or a longer"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(
    command: Command, tmp_path: Path, options: str, said: str
) -> None:
    done = command("exporter_stub", "replay", "--out", str(tmp_path / "out"), *options.split())
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert not [*tmp_path.glob("out/*")]


def test_a_folder_with_something_in_it_is_left_alone(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    done = command("exporter_stub", "replay", "--hours", "0.1", "--out", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.endswith("is not empty: choose another folder, or empty it\n")
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]
