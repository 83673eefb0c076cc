import re
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


@pytest.mark.parametrize(
    ("program", "page", "more"),
    [
        ("prometheus", False, set()),
        ("prometheus", True, {"--web.local-assets={folder}/usr/share/prometheus/web"}),
        # Without an empty address of its cluster an Alertmanager listens to all on port 9094.
        ("alertmanager", False, {"--cluster.listen-address="}),
    ],
)
def test_a_server_listens_where_it_is_told_alone_and_has_the_page_that_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, more: set[str], *, page: bool
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(servers, "find", lambda name: (str(tmp_path / "usr/bin" / name),))
    monkeypatch.setattr(Supervisor, "start", lambda _, __, command, ___: commands.append(command))
    if page:
        (tmp_path / "usr/share/prometheus/web").mkdir(parents=True)
    url = started(Supervisor(tmp_path), program, tmp_path / "its.yml", "127.0.0.1:1")
    assert url == "http://127.0.0.1:1"
    told = {word for word in commands[0] if re.search("listen-address|local-assets", word)}
    expected = {word.format(folder=tmp_path) for word in more}
    assert told == {"--web.listen-address=127.0.0.1:1", *expected}


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
