"""Files and answers of another form are told by their key, and never end in a traceback."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from flask import Request

from contract.document import Json
from delivery.targets import ALERTS, DASHBOARDS
from delivery.targets.grafana_alerting import RULES as GRAFANA_ALERTS
from sync.__main__ import SERVERS
from sync.alertmanager import ALERTMANAGER
from sync.grafana_alerting import FileRule
from tests.conftest import Ran
from tests.documents import changed, spoiled
from tests.standin import Reply, serving
from tests.sync.conftest import Run, built, put
from tests.sync.grafana_standin import DASHBOARD, GROUP, UID

BOARD = DASHBOARDS / f"{UID}.json"
SECRET = "hunter2-of-the-webhook"  # noqa: S105  # made up here
HOOK = {"api_url": SECRET}
RULE: Json = {"alert": "A", "expr": "up", "for": "1m", "labels": {"a": "b"}, "annotations": {}}
CONFIGURATION = {
    **built(ALERTMANAGER),
    "global": {"resolve_timeout": "5m"},
    "templates": ["a"],
    "time_intervals": [{"name": "office", "time_intervals": [{"weekdays": ["monday"]}]}],
}
LIVE_RULE = {"name": "A", "query": "up", "duration": 60, "health": "ok", "labels": {"a": "b"}}
LIVE_GROUP = {"name": "g", "file": "f", "interval": 60, "rules": [LIVE_RULE]}
FULL = {
    **DASHBOARD,
    "panels": [*DASHBOARD["panels"], {"id": 4, "type": "row", "panels": [{"id": 5}]}],
    "templating": {"list": [{"name": "a", "type": "query"}]},
    "annotations": {"list": [{"name": "b", "builtIn": 1}, {"name": "c"}]},
    "links": [{"title": "d"}],
}
GRAFANA_RULES = [
    {**FileRule.model_validate(rule).as_json(), "folderUID": "f", "ruleGroup": GROUP["name"]}
    for rule in GROUP["rules"]
]
DOCUMENTS: Json = {
    str(ALERTMANAGER): CONFIGURATION,
    "/api/v2/status": CONFIGURATION,
    str(ALERTS): {"groups": [{"name": "g", "interval": "1m", "limit": 0, "rules": [RULE]}]},
    "/api/v1/rules": {"data": {"groups": [LIVE_GROUP]}},
    str(BOARD): FULL,
    f"/api/dashboards/uid/{UID}": {"dashboard": FULL, "meta": {"folderUid": "f"}},
    str(GRAFANA_ALERTS): {"groups": [GROUP]},
    "/api/v1/provisioning/alert-rules": GRAFANA_RULES,
    "/api/v1/provisioning/folder/": {
        "interval": 60,
        "rules": [{"uid": rule["uid"], "title": rule["title"]} for rule in GROUP["rules"]],
    },
    "/api/folders": [{"uid": "f", "title": "Compozy $1"}],
}
"""The files, and the answers by the begin of their path."""


@pytest.fixture
def asking(run: Run, tmp_path: Path) -> Iterator[Run]:
    """Compares the files with the answers of all servers, with others for some of them."""
    given: Json = {}

    def answer(asked: Request) -> Reply:
        found = (it for it in given.items() if asked.path.startswith(it[0]))
        path, value = next(found, ("", {"version": "12.4.0"}))
        text = {"config": {"original": json.dumps(value)}}
        return text if path == "/api/v2/status" else value

    with serving(answer) as server:

        def call(other: Json, code: int | None = 0) -> Ran:
            for path, value in {**DOCUMENTS, **other}.items():
                if path[0] == "/":
                    given[path] = value
                elif value is not None:
                    put(tmp_path, path, value if isinstance(value, str) else json.dumps(value))
            urls = {f"{name.upper()}_URL": server.url for name in SERVERS}
            return run("diff", "--root", str(tmp_path), code=code, **urls, GRAFANA_ALERTS="yes")

        yield call


def test_a_file_is_the_same_as_the_answer_that_has_its_form(asking: Run) -> None:
    done = asking({})
    assert (done.err, done.out.count("  the same as in Git")) == ("", 3)


@pytest.mark.parametrize(
    ("path", "place", "value", "told"),
    [
        # The whole file.
        (ALERTS, "", None, "cannot be read (No such file"),
        (ALERTS, "", "no mapping", "must be a mapping"),
        (ALERTMANAGER, "", f"receivers: [{SECRET}: [", "line 1, column"),
        (BOARD, "", "{", "is not JSON (Expecting property name"),
        # One of its values.
        (ALERTMANAGER, "receivers.0.name", None, "receivers.0.name: is required"),
        (ALERTMANAGER, "receivers.0", "on-call", "receivers.0: must be a mapping"),
        (ALERTMANAGER, "receivers", HOOK, "receivers: must be a list"),
        (ALERTMANAGER, "receivers.0.slack_configs", HOOK, "slack_configs: must be a list"),
        (ALERTMANAGER, "route.receiver", None, "route.receiver: is required"),
        (ALERTMANAGER, "global", "5m", "global: must be a mapping"),
        (ALERTS, "groups", [], "groups: must have 1 or more entries"),
        (ALERTS, "groups.0.interval", "soon", "interval: must be a duration such as 15m"),
        (ALERTS, "groups.0.rules.0.expr", None, "groups.0.rules.0.expr: is required"),
        (BOARD, "uid", None, "uid: is required"),
        (GRAFANA_ALERTS, "groups", [], "groups: must have 1 or more entries"),
        (GRAFANA_ALERTS, "groups.0.rules.1.for", "x", "rules.1.for: must be a duration such as"),
    ],
)
def test_a_file_that_is_not_there_or_of_another_form_is_told_by_its_key(
    asking: Run, tmp_path: Path, path: PurePosixPath, place: str, value: Any, told: str
) -> None:
    content = changed(DOCUMENTS[str(path)], place, value) if place else value
    done = asking({str(path): content}, code=2)
    advice = "receivers-example.yml" if path == ALERTMANAGER else "run `make build`, or restore it"
    for part in (f"diff: {tmp_path / path}: ", told, advice):
        assert part in done.err
    assert SECRET not in done.err


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_that_stands_anywhere_in_a_file_or_an_answer_ends_in_a_traceback(
    asking: Run, name: str
) -> None:
    assert 2 in {asking({name: it}, code=None).code for it in spoiled(DOCUMENTS[name])}


def test_an_answer_that_is_nested_too_deep_is_told(asking: Run) -> None:
    route: Json = {"receiver": "a"}
    for _ in range(300):
        route = {"receiver": "a", "routes": [route]}
    assert "is nested too deep" in asking({"/api/v2/status": {"route": route}}, code=2).err
