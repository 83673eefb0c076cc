import re
from functools import partial
from pathlib import Path

from config import Config
from contract.durations import minutes
from exporter_stub.catalogue import load_catalogue
from exporter_stub.replay import Replay
from exporter_stub.scenarios import Scenario
from stack import replay
from stack.replay import END, light_models

SCRAPED = partial(Replay, instances=("a:1", "b:1"), every=6, rate=3, seed=1)
SPEED = 10
CONFIG = Config().at_speed(SPEED)


def test_a_catalogue_is_read_as_it_was_written(tmp_path: Path) -> None:
    replay.write_catalogue(tmp_path / "c.yaml", light_models())
    assert load_catalogue(tmp_path / "c.yaml") == light_models()
    assert 0 < len(light_models().models) < len(load_catalogue().models)


def test_scrapes_are_of_all_instances_of_the_job_over_the_whole_span(tmp_path: Path) -> None:
    files = SCRAPED(Scenario("x"), END - 600, END).write(tmp_path / "new")
    text = "".join(file.read_text() for file in files)
    assert set(re.findall(r'instance="([^"]+)"', text)) == {"a:1", "b:1"}
    stamps = sorted({int(found) for found in re.findall(r" (\d{10})\n", text)})
    assert END - 600 <= stamps[0] < END - 500
    assert stamps[-1] == END


def test_a_silent_end_has_no_workflows_a_minute_short_of_a_silence(tmp_path: Path) -> None:
    scenario = replay.silent_end(CONFIG, SPEED)
    files = SCRAPED(scenario, END - 600, END).write(tmp_path / "made")
    counted: dict[int, float] = {}
    for value, stamp in re.findall(
        r'^compozy_llm_usage_events_total\{.*component="workflow".*\} (\S+) (\d+)$',
        "".join(file.read_text() for file in files),
        re.MULTILINE,
    ):
        counted[int(stamp)] = counted.get(int(stamp), 0) + float(value)
    last = max(at for at in counted if counted[at] > counted.get(at - 6, 0))
    silence = (CONFIG.zero_traffic.window - minutes(1) / SPEED).total_seconds()
    assert END - silence - 60 < last <= END - silence + 6


def test_a_start_history_is_as_long_as_the_rules_look_back() -> None:
    for whole_day, hours in ((True, 25), (False, 2.5)):
        assert replay.start_length(CONFIG, SPEED, whole_day=whole_day) == hours * 3600 / SPEED
