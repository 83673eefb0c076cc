"""Samples that come late, as remote write brings them: what `settle` loses, and what it keeps.

A Prometheus scrapes a counter and writes, now and then, to two others that evaluate the rules.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from flask import Request, Response

from config import Config
from contract.metrics import USAGE_EVENTS
from delivery.targets import rule_file
from stack.ports import address
from stack.servers import started
from stack.supervisor import Supervisor
from tests.conftest import free_port
from tests.standin import serving
from tools.http import PrometheusApi

SPEED = 6
"""Times the pace of production: a minute of the rules is 10 seconds."""
LATEST = 50 / SPEED
"""Seconds from one message to the next: the oldest sample in it is as late."""
RATE = 10
"""Events a second."""
SETTLES = {"default": Config().settle, "set": timedelta(seconds=60)}
SERIES = f'{USAGE_EVENTS.name}{{component="task",provider="openai",model="m",outcome="success"}}'
COUNTED = 0.9
"""By default less than this share is counted. In five steps (300 s at production's pace) six
messages come. So at these steps the newest message is p, p + 10, ... p + 40 seconds old, where p is
below 10. Samples that are newer than it but older than `settle`, 10 s, are lost: 60 + 4 p seconds
of 300, a fifth to a third. The rest is for the second between scrapes, and for a busy machine."""
LIMIT = 300
"""Seconds, on a busy machine; it takes about 90."""


@contextmanager
def _receivers(folder: Path) -> Iterator[tuple[Supervisor, dict[str, PrometheusApi]]]:
    """For each of `SETTLES` a Prometheus that evaluates the rules on samples that come late."""
    began = time.time()

    def counter(_: Request) -> Response:
        text = f"{SERIES} {int(RATE * (time.time() - began))}\n"
        return Response(text, content_type="text/plain; version=0.0.4")

    with serving(counter) as target, Supervisor(folder) as supervisor:

        def start(name: str, configuration: Mapping[str, object], *more: str) -> PrometheusApi:
            config, place = folder / f"{name}.yml", address(free_port())
            config.write_text(yaml.safe_dump(configuration))
            return PrometheusApi(started(supervisor, "prometheus", config, place, *more, name=name))

        receivers = {}
        for name, settle in SETTLES.items():
            rules = folder / f"{name}-rules.yaml"
            rules.write_text(rule_file(Config(settle=settle).at_speed(SPEED)))
            receivers[name] = start(
                name, {"rule_files": [str(rules)]}, "--web.enable-remote-write-receiver"
            )
        queue = {"batch_send_deadline": f"{int(1000 * LATEST)}ms", "max_shards": 1}
        scraped = [{"targets": [target.url.removeprefix("http://")]}]
        configuration = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "compozy", "static_configs": scraped}],
            "remote_write": [
                {"url": f"{api.base}/api/v1/write", "queue_config": queue}
                for api in receivers.values()
            ],
        }
        start("sender", configuration)
        yield supervisor, receivers


def _counted(api: PrometheusApi) -> float | None:
    """Which share of the events of the last 5 steps is recorded; None before there are as many."""
    config = Config().at_speed(SPEED)
    step = config.evaluation_interval.total_seconds()
    record = config.increased(USAGE_EVENTS.name)
    span = f"{record}[{int(5 * step)}s]"
    found = api.query(f"sum_over_time({span}) and count_over_time({record}[{int(8 * step)}s]) >= 8")
    return float(found[0]["value"][1]) / (5 * step * RATE) if found else None


def test_samples_50_seconds_late_are_lost_by_default_and_counted_where_settle_says_so(
    tmp_path: Path,
) -> None:
    shares: dict[str, float | None] = {}
    with _receivers(tmp_path) as (supervisor, receivers):

        def counted() -> bool:
            shares.update({name: _counted(api) for name, api in receivers.items()})
            return None not in shares.values() and shares["set"] == pytest.approx(1, abs=0.05)

        supervisor.wait(counted, "samples that are counted", LIMIT)
    assert shares["default"] is not None
    assert shares["default"] < COUNTED
