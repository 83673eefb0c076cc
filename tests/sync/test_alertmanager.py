from pathlib import Path
from typing import Any

import pytest

from sync.alertmanager import ALERTMANAGER
from tests.documents import changed
from tests.sync.conftest import Live, Run, built, put

PASSWORD = "hunter2-of-the-webhook"  # noqa: S105  # made up here
PAGER = {"name": "on-call", "pagerduty_configs": [{"routing_key": PASSWORD}]}
OFFICE = {
    "name": "office",
    "time_intervals": [
        {"weekdays": ["Monday:Friday"], "times": [{"start_time": "09:00", "end_time": "17:00"}]}
    ],
}
BUILT = built(ALERTMANAGER)
BRACES = ['{severity = critical, service="compozy-llm-usage"}']
OTHER = changed(BUILT, "inhibit_rules", [])
OWN = {
    **changed(
        changed(BUILT, "inhibit_rules.0.source_matchers", BRACES),
        "route.routes.1.active_time_intervals",
        ["office"],
    ),
    "receivers": [PAGER, *BUILT["receivers"][1:]],
    "global": {
        "slack_api_url": f"http://localhost:9/{PASSWORD}",
        "opsgenie_api_key_file": "secrets/key",
        "resolve_timeout": "300s",
    },
    "templates": ["templates/*.tmpl"],
    "time_intervals": [OFFICE],
}
"""What users add to the file: settings for all, some of them secret, templates, office hours."""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("route.group_wait", "60s"),
        ("route.group_by", lambda labels: labels[::-1]),
        ("route.routes.0.matchers", ["severity = critical"]),
        ("route.routes.0", lambda it: {**it, "matchers": [], "match": {"severity": "critical"}}),
        ("inhibit_rules.0.source_matchers", ['{severity="critical", service="compozy-llm-usage"}']),
        ("receivers.0", PAGER),  # in the place of a webhook on localhost
        ("receivers.2", {"name": "theirs"}),
        ("time_intervals", [OFFICE]),
    ],
)
def test_what_means_the_same_or_is_the_users_is_no_difference(
    alertmanager_server: Live, run: Run, place: str, value: Any
) -> None:
    alertmanager_server.load(config=changed(BUILT, place, value))
    done = run("diff", ALERTMANAGER_URL=alertmanager_server.url)
    assert done.out == f"Alertmanager {alertmanager_server.url}\n  the same as in Git\n"
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (
            "route.routes.0.group_wait",
            "20s",
            'route > severity="critical": group_wait\n    - 20s\n    + 10s\n',
        ),
        ("route.group_by", ["alertname"], "route: group_by\n"),
        ("route.receiver", "on-call", "route: receiver\n    - on-call\n    + channel\n"),
        ("route.routes.1.continue", True, 'route > severity="warning": continue\n    - true\n'),
        ("route.routes.1", None, 'route > severity="warning": is not there\n'),
        (
            "route.routes",
            lambda it: [{"receiver": "channel", "matchers": ['team="a"']}, *it],
            'route > team="a": is not in Git\n',
        ),
        ("route.routes", lambda it: it[::-1], "route: order of its routes\n"),
        ("inhibit_rules", [], 'inhibit rule on alertname="LLMUsageZeroTrafficWarning": is not'),
        (
            "inhibit_rules.1",
            {"source_matchers": ['a="b"'], "target_matchers": ['severity="critical"']},
            'inhibit rule on severity="critical": is not in Git\n',
        ),
        ("receivers.0", {"name": "on-call"}, "receiver on-call: tells nobody: it has no integr"),
    ],
)
def test_one_difference_is_told_and_is_the_only_one(
    alertmanager_server: Live, run: Run, place: str, value: Any, told: str
) -> None:
    alertmanager_server.load(config=changed(BUILT, place, value))
    done = run("diff", ALERTMANAGER_URL=alertmanager_server.url)
    assert done.code == 1
    assert f"\n  {told}" in done.out
    assert done.out.endswith("  1 difference: - is live, + is in Git\n"), done.out


def test_a_receiver_that_routes_name_is_missed_when_it_has_another_name(
    alertmanager_server: Live, run: Run
) -> None:
    renamed = changed(BUILT, "receivers.0.name", "pager")
    alertmanager_server.load(config=changed(renamed, "route.routes.0.receiver", "pager"))
    done = run("diff", ALERTMANAGER_URL=alertmanager_server.url)
    assert done.code == 1
    assert "  receiver on-call: is not there\n" in done.out
    assert '  route > severity="critical": receiver\n    - pager\n    + on-call\n' in done.out


def test_sync_has_a_changed_file_read_and_then_there_is_nothing_to_do(
    alertmanager_server: Live, run: Run
) -> None:
    address = {"ALERTMANAGER_URL": alertmanager_server.url}
    alertmanager_server.load(config=OTHER)
    alertmanager_server.write(config=BUILT)
    assert run("diff", **address).code == 1
    first = run("sync", **address)
    assert (first.code, first.err) == (0, "")
    assert "  sync: reloaded" in first.out
    second = run("sync", **address)
    assert (second.code, second.err) == (0, "")
    assert "reloaded" not in second.out


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("global.resolve_timeout", "5m", ""),
        ("templates", None, "templates: are not there\n"),
        ("global", None, "global: slack_api_url differs (its value may"),
        ("global.resolve_timeout", "6m", "global: resolve_timeout differs (its value may"),
        ("global.opsgenie_api_key_file", "other/key", "global: opsgenie_api_key_file differs"),
        ("time_intervals.0.time_intervals.0.times", None, "time interval office: [0].times"),
        ("time_intervals.0.name", "away", "time interval office: is not there\n"),
        ("receivers.0", BUILT["receivers"][0], "receiver on-call: kinds\n"),
    ],
)
def test_what_users_added_to_the_file_of_git_is_compared_and_no_secret_is_shown(
    alertmanager_server: Live, run: Run, tmp_path: Path, place: str, value: Any, told: str
) -> None:
    put(tmp_path, ALERTMANAGER, OWN)
    live = changed(OWN, place, value)
    if place == "time_intervals.0.name":
        live["route"]["routes"][1]["active_time_intervals"] = [value]
    alertmanager_server.load(config=live)
    for command in ("diff", "sync"):
        done = run(command, "--root", str(tmp_path), ALERTMANAGER_URL=alertmanager_server.url)
        assert (done.code, done.err) == (int(bool(told)), "")
        assert f"\n  {told}" in done.out
        assert PASSWORD not in done.out
