from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contract.document import Json
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
SPACED = changed(BUILT, "route.routes.0.matchers", ["severity = critical"])
TIMES = {"group_wait": "60s", "group_interval": "300s", "repeat_interval": "720m"}
LONG = changed(BUILT, "route", lambda it: {**it, **TIMES})
BOTH = ['{severity = critical, service="compozy-llm-usage"}']
BRACES = changed(BUILT, "inhibit_rules.0.source_matchers", BOTH)
CRITICAL = 'route > severity="critical"'
TWICE = changed(BUILT, "route.routes", lambda it: [{**it[0], "continue": True}, *it])
OLD = [{"match": {"team": team}, "receiver": "channel"} for team in "ab"]
MATCH = changed(BUILT, "route.routes", lambda it: [*it, *OLD])
TEAM = {"receiver": "channel", "matchers": ['team="a"']}
SILENCE = 'alertname="LLMUsageZeroTrafficWarning"'
MORE = {"source_matchers": ['a="b"'], "target_matchers": [SILENCE]}
OWN = {
    **changed(BUILT, "route.routes.1.active_time_intervals", ["office"]),
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
NAMED = {**changed(BUILT, "receivers.2", {**PAGER, "name": "theirs"}), "time_intervals": [OFFICE]}
INTEGRATIONS = "receiver on-call: integrations\n    - webhook_configs\n    + pagerduty_configs\n"
NO_INTEGRATION = "receiver on-call: has no integration, so nobody hears of the alerts that are "
NO_ADDRESS = changed(BUILT, "receivers.0.webhook_configs.0.url", "http://[")


@pytest.mark.parametrize(
    ("git", "place", "value", "told"),
    [
        # What means the same, or is the user's.
        (LONG, "route", BUILT["route"], ""),
        (BUILT, "route.group_by", lambda labels: labels[::-1], ""),
        (SPACED, "route.routes.0.matchers", ['severity="critical"'], ""),
        (BRACES, "inhibit_rules", BUILT["inhibit_rules"], ""),
        (BUILT, "receivers.0", PAGER, ""),  # in the place of a webhook on localhost
        (BUILT, "receivers.2", {"name": "theirs"}, ""),
        (BUILT, "time_intervals", [OFFICE], ""),
        (BUILT, "route.routes.0.group_wait", "20s", 'route > severity="critical": group_wait\n'),
        (BUILT, "route.group_by", ["alertname"], "route: group_by\n"),
        (BUILT, "route.receiver", "on-call", "route: receiver\n    - on-call\n    + channel\n"),
        (BUILT, "route.routes.1.continue", True, 'route > severity="warning": continue\n'),
        (BUILT, "route.routes.1", None, 'route > severity="warning": is not there\n'),
        (BUILT, "route.routes", lambda it: [TEAM, *it], 'route > team="a": is not in Git\n'),
        (BUILT, "route.routes", lambda it: it[::-1], "route: order of its routes\n"),
        (BUILT, "route.routes", lambda it: [it[0], *it], f"{CRITICAL} (2): is not in Git\n"),
        (TWICE, "route.routes.0.receiver", "channel", f"{CRITICAL}: receiver\n"),
        (MATCH, "route.routes.2.receiver", "on-call", "route > (all): receiver\n"),
        (BUILT, "inhibit_rules", [], f"inhibit rule on {SILENCE}: is not there\n"),
        (BUILT, "inhibit_rules.1", MORE, f"inhibit rule on {SILENCE}: is not in Git\n"),
        (BUILT, "receivers.0", {"name": "on-call"}, NO_INTEGRATION),
        # What users added to the file, some of it secret.
        (OWN, "global.resolve_timeout", "5m", ""),
        (OWN, "templates", None, "template templates/*.tmpl: is not there\n"),
        (OWN, "global.slack_api_url", None, "global: slack_api_url differs (its value may"),
        (OWN, "global.resolve_timeout", "6m", "global: resolve_timeout differs (its value may"),
        (OWN, "global.opsgenie_api_key_file", "other/key", "global: opsgenie_api_key_file differs"),
        (OWN, "time_intervals.0.time_intervals.0.times", None, "time interval office: [0].times"),
        (OWN, "time_intervals.1", {**OFFICE, "name": "theirs"}, ""),
        (OWN, "receivers.0", BUILT["receivers"][0], INTEGRATIONS),
        (NAMED, "receivers.2", None, "receiver theirs: is not there\n"),
        (NAMED, "time_intervals", None, "time interval office: is not there\n"),
        (NO_ADDRESS, "receivers.0", PAGER, "receiver on-call: integrations\n    - pagerduty"),
        (OWN, "receivers.0", {"name": "on-call"}, NO_INTEGRATION),
        (BUILT, "receivers.0.webhook_configs", lambda it: [*it, *it], ""),
        (OWN, "receivers.0.pagerduty_configs", lambda it: [*it, *it], "receiver on-call: integ"),
    ],
)
def test_one_difference_is_told_and_is_the_only_one_and_sync_has_files_read_and_no_secret_is_shown(
    alertmanager_server: Live,
    run: Run,
    tmp_path: Path,
    git: Json,
    place: str,
    value: Any,
    told: str,
) -> None:
    put(tmp_path, ALERTMANAGER, git)
    alertmanager_server.load(config=changed(git, place, value))
    call = partial(run, "--root", str(tmp_path), ALERTMANAGER_URL=alertmanager_server.url)
    end = "1 difference: - is live, + is in Git" if told else "the same as in Git"
    for command in ("diff", "sync"):
        done = call(command, code=int(bool(told)))
        assert done.err == ""
        assert f"\n  {told}" in done.out
        assert done.out.endswith(f"\n  {end}\n")
        assert PASSWORD not in done.out
        assert ("  sync: reloaded: " in done.out) == (command == "sync" and bool(told))
