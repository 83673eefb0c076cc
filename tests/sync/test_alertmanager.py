import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sync.checkout import ALERTMANAGER
from tests.sync.conftest import Json, Live, Run, built_routes

PASSWORD = "hunter2-of-the-webhook"  # noqa: S105  # made up here
PAGER = {"name": "on-call", "pagerduty_configs": [{"routing_key": PASSWORD}]}


def _changed(change: Callable[[Json], Any]) -> Json:
    config = built_routes()
    change(config)
    return config


def _routes(config: Json) -> list[Json]:
    routes: list[Json] = config["route"]["routes"]
    return routes


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: None, id="as it is"),
        pytest.param(
            lambda config: config["route"].update(group_wait="60s", repeat_interval="720m"),
            id="times in other units",
        ),
        pytest.param(
            lambda config: config["route"]["group_by"].reverse(), id="labels in any order"
        ),
        pytest.param(
            lambda config: _routes(config)[0].update(matchers=["severity = critical"]),
            id="a matcher with spaces and no quotes",
        ),
        pytest.param(
            lambda config: _routes(config)[0].update(matchers=[], match={"severity": "critical"}),
            id="a matcher in the old form",
        ),
        pytest.param(
            lambda config: config["inhibit_rules"][0].update(
                source_matchers=['{severity="critical", service="compozy-llm-usage"}']
            ),
            id="matchers in one string, in another order",
        ),
        pytest.param(
            lambda config: config["receivers"].__setitem__(0, PAGER),
            id="a pager in the place of the webhook",
        ),
        pytest.param(
            lambda config: config["receivers"].append({"name": "theirs"}), id="a receiver more"
        ),
        pytest.param(
            lambda config: config.update(
                time_intervals=[{"name": "theirs", "time_intervals": [{"years": ["2030"]}]}]
            ),
            id="a time interval more",
        ),
    ],
)
def test_it_is_the_same_as_in_git(
    alertmanager_server: Live, run: Run, change: Callable[[Json], Any]
) -> None:
    alertmanager_server.load(config=_changed(change))
    done = run("diff", ALERTMANAGER_URL=alertmanager_server.url)
    assert done.out == f"Alertmanager {alertmanager_server.url}\n  the same as in Git\n"
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            lambda config: _routes(config)[0].update(group_wait="20s"),
            '  route > severity="critical": group_wait\n    - 20s\n    + 10s\n',
            id="a time of a route",
        ),
        pytest.param(
            lambda config: config["route"].update(group_by=["alertname"]),
            "  route: group_by\n",
            id="grouping",
        ),
        pytest.param(
            lambda config: config["route"].update(receiver="on-call"),
            "  route: receiver\n    - on-call\n    + channel\n",
            id="who hears of it",
        ),
        pytest.param(
            lambda config: _routes(config)[1].update({"continue": True}),
            '  route > severity="warning": continue\n    - true\n',
            id="a route that lets alerts pass on",
        ),
        pytest.param(
            lambda config: _routes(config).pop(),
            '  route > severity="warning": is not there\n',
            id="a route less",
        ),
        pytest.param(
            lambda config: _routes(config).insert(
                0, {"receiver": "channel", "matchers": ['team="a"']}
            ),
            '  route > team="a": is not in Git\n',
            id="a route more, before ours",
        ),
        pytest.param(
            lambda config: _routes(config).reverse(),
            "  route: order of its routes\n",
            id="the order of routes",
        ),
        pytest.param(
            lambda config: config.update(inhibit_rules=[]),
            '  inhibit rule on alertname="LLMUsageZeroTrafficWarning": is not there\n',
            id="an inhibit rule less",
        ),
        pytest.param(
            lambda config: config["inhibit_rules"].append(
                {"source_matchers": ['a="b"'], "target_matchers": ['severity="critical"']}
            ),
            '  inhibit rule on severity="critical": is not in Git\n',
            id="an inhibit rule more",
        ),
        pytest.param(
            lambda config: config["receivers"].__setitem__(0, {"name": "on-call"}),
            "  receiver on-call: tells nobody: it has no integration\n",
            id="a receiver that tells nobody",
        ),
    ],
)
def test_one_difference_is_told_and_is_the_only_one(
    alertmanager_server: Live, run: Run, change: Callable[[Json], Any], told: str
) -> None:
    alertmanager_server.load(config=_changed(change))
    done = run("diff", ALERTMANAGER_URL=alertmanager_server.url)
    assert done.code == 1
    assert told in done.out
    assert done.out.endswith("  1 difference: - is live, + is in Git\n"), done.out


def test_a_receiver_that_routes_name_is_missed_when_it_has_another_name(
    alertmanager_server: Live, run: Run
) -> None:
    def rename(config: Json) -> None:
        config["receivers"][0]["name"] = "pager"
        _routes(config)[0]["receiver"] = "pager"

    alertmanager_server.load(config=_changed(rename))
    done = run("diff", ALERTMANAGER_URL=alertmanager_server.url)
    assert done.code == 1
    assert "  receiver on-call: is not there\n" in done.out
    assert '  route > severity="critical": receiver\n    - pager\n    + on-call\n' in done.out


def test_what_stands_in_receivers_is_never_shown(alertmanager_server: Live, run: Run) -> None:
    def own(config: Json) -> None:
        hook = {"url": f"http://user:{PASSWORD}@localhost:9/"}
        config["receivers"] = [PAGER, {"name": "channel", "webhook_configs": [hook]}]
        config["route"]["group_wait"] = "2m"

    alertmanager_server.load(config=_changed(own))
    for command in ("diff", "sync"):
        done = run(command, ALERTMANAGER_URL=alertmanager_server.url)
        assert done.code == 1
        assert PASSWORD not in done.out + done.err


def test_sync_has_a_changed_file_read_and_then_there_is_nothing_to_do(
    alertmanager_server: Live, run: Run
) -> None:
    address = {"ALERTMANAGER_URL": alertmanager_server.url}
    alertmanager_server.load(config=_changed(lambda config: config.update(inhibit_rules=[])))
    alertmanager_server.write(config=built_routes())
    assert run("diff", **address).code == 1
    first = run("sync", **address)
    assert (first.code, first.err) == (0, "")
    assert "  sync: reloaded" in first.out
    second = run("sync", **address)
    assert (second.code, second.err) == (0, "")
    assert "reloaded" not in second.out


def test_a_file_that_alertmanager_refuses_leaves_what_it_had_and_its_reason(
    alertmanager_server: Live, run: Run
) -> None:
    alertmanager_server.load(config=_changed(lambda config: config.update(inhibit_rules=[])))
    alertmanager_server.write(config="route: {receiver: nobody}\nreceivers: []")
    done = run("sync", ALERTMANAGER_URL=alertmanager_server.url)
    assert done.code == 2
    assert "keeps what it had: " in done.err
    assert "nobody" in done.err
    assert "  inhibit rule on " in done.out


OFFICE = {
    "name": "office",
    "time_intervals": [
        {
            "weekdays": ["monday:friday"],
            "times": [{"start_time": "09:00", "end_time": "17:00"}],
            "location": "Europe/Berlin",
        }
    ],
}
HOOK = f"http://localhost:9/{PASSWORD}"


def _own(config: Json) -> None:
    """What users add to the file: settings for all, some secret, templates, office hours."""
    config["global"] = {
        "slack_api_url": HOOK,
        "opsgenie_api_key_file": "secrets/key",
        "resolve_timeout": "300s",
    }
    config["templates"] = ["templates/*.tmpl"]
    config["time_intervals"] = [copy.deepcopy(OFFICE)]
    _routes(config)[1]["active_time_intervals"] = ["office"]


@pytest.fixture
def own_checkout(tmp_path: Path) -> Path:
    """A checkout whose configuration has all that."""
    file = tmp_path / ALERTMANAGER
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(_changed(_own)))
    return tmp_path


def test_what_users_added_to_the_file_of_git_is_the_same_live(
    alertmanager_server: Live, run: Run, own_checkout: Path
) -> None:
    alertmanager_server.load(config=_changed(_own))
    url = alertmanager_server.url
    done = run("diff", "--root", str(own_checkout), ALERTMANAGER_URL=url)
    assert (done.code, done.err) == (0, ""), done.out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda config: config.pop("templates"), "  templates: are not there\n"),
        (lambda config: config.pop("global"), "  global: slack_api_url differs (its value may"),
        (
            lambda config: config["global"].update(resolve_timeout="6m"),
            "  global: resolve_timeout differs (its value may",
        ),
        (
            lambda config: config["global"].update(opsgenie_api_key_file="other/key"),
            "  global: opsgenie_api_key_file differs",
        ),
        (
            lambda config: config["time_intervals"][0]["time_intervals"][0].pop("times"),
            "  time interval office: [0].times",
        ),
        (
            lambda config: (
                config.pop("time_intervals"),
                _routes(config)[1].pop("active_time_intervals"),
            ),
            "  time interval office: is not there\n",
        ),
    ],
)
def test_what_users_added_to_the_file_of_git_is_missed_where_it_is_not(
    alertmanager_server: Live,
    run: Run,
    own_checkout: Path,
    change: Callable[[Json], Any],
    told: str,
) -> None:
    def less(config: Json) -> None:
        _own(config)
        change(config)

    alertmanager_server.load(config=_changed(less))
    url = alertmanager_server.url
    done = run("diff", "--root", str(own_checkout), ALERTMANAGER_URL=url)
    assert done.code == 1
    assert told in done.out
    assert PASSWORD not in done.out


def test_other_kinds_of_receivers_than_in_git_are_told_where_git_has_real_ones(
    alertmanager_server: Live, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / ALERTMANAGER
    file.parent.mkdir(parents=True)
    file.write_text(
        yaml.safe_dump(_changed(lambda config: config["receivers"].__setitem__(0, PAGER)))
    )
    alertmanager_server.load(config=built_routes())
    done = run("diff", "--root", str(tmp_path), ALERTMANAGER_URL=alertmanager_server.url)
    assert done.code == 1
    assert "  receiver on-call: kinds\n" in done.out
    assert '    -   "webhook_configs"\n    +   "pagerduty_configs"\n' in done.out
