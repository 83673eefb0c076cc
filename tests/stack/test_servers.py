from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stack import servers
from stack.servers import paging, started
from stack.supervisor import Supervisor

DEPLOYED = """
global: {slack_api_url_file: /run/secrets/slack}
templates: [/etc/*.tmpl]
route:
  receiver: one
  group_by: [alertname]
  group_wait: "30s"  # group_wait: as long as that
  group_interval: 1h30m
  repeat_interval: 4h
  routes:
    - {receiver: two, matchers: ['severity="critical"'], group_wait: 5s}
inhibit_rules:
  - {source_matchers: ['a="b"'], target_matchers: ['c="d"'], equal: [e]}
receivers:
  - {name: one, slack_configs: [{channel: x}]}
  - {name: two, pagerduty_configs: [{routing_key_file: /run/secrets/key}]}
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Gives the command that starts a program, which is found below `tmp_path`."""
    commands: list[list[str]] = []
    monkeypatch.setattr(servers, "find", lambda name: (str(tmp_path / "usr/bin" / name),))
    monkeypatch.setattr(Supervisor, "start", lambda _, __, command, ___: commands.append(command))

    def start(program: str) -> list[str]:
        url = started(Supervisor(tmp_path), program, tmp_path / "its.yml", "127.0.0.1:1")
        assert url == "http://127.0.0.1:1"
        return commands.pop()

    return start


@pytest.mark.parametrize(
    ("program", "more"), [("prometheus", set()), ("alertmanager", {"--cluster.listen-address="})]
)
def test_a_server_listens_where_it_is_told_and_nowhere_else(
    command: Callable[[str], list[str]], program: str, more: set[str]
) -> None:
    # Without an empty address of its cluster an Alertmanager listens to all on port 9094.
    listening = {word for word in command(program) if "listen-address" in word}
    assert listening == {"--web.listen-address=127.0.0.1:1", *more}


def test_a_prometheus_is_told_where_its_page_is_if_that_lies_beside_it(
    command: Callable[[str], list[str]], tmp_path: Path
) -> None:
    assert not any("local-assets" in word for word in command("prometheus"))
    web = tmp_path / "usr/share/prometheus/web"
    web.mkdir(parents=True)
    assert f"--web.local-assets={web}" in command("prometheus")


def test_receivers_become_the_pager_times_go_faster_and_all_else_stays() -> None:
    made = yaml.safe_load(paging(DEPLOYED, "http://127.0.0.1:1/", speed=10))
    deployed = yaml.safe_load(DEPLOYED)
    (critical,) = deployed["route"]["routes"]
    times = {"group_wait": "3s", "group_interval": "9m", "repeat_interval": "24m"}
    hooks = [{"url": "http://127.0.0.1:1/", "send_resolved": True}]
    assert made == {
        "route": {**deployed["route"], **times, "routes": [{**critical, "group_wait": "1s"}]},
        "inhibit_rules": deployed["inhibit_rules"],
        "receivers": [{"name": name, "webhook_configs": hooks} for name in ("one", "two")],
    }
