from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Request

from config import IngestionFailures
from contract.names import RULE_GROUP
from delivery.targets import ALERTS
from tests.documents import changed
from tests.standin import Reply, serving
from tests.sync.conftest import Live, Run, built, put
from tools.process import awaited

BUILT = built(ALERTS)
RULES = BUILT["groups"][0]["rules"]
FAILURES = f"rule {RULE_GROUP}/{IngestionFailures.name}"
(ALERT,) = (
    f"groups.0.rules.{index}"
    for index, rule in enumerate(RULES)
    if rule.get("alert") == IngestionFailures.name
)
"""Its place in the file."""
OTHER = changed(BUILT, f"{ALERT}.for", "2m")
MINE, ONE_MORE = {"alert": "Mine", "expr": "up == 0"}, f"groups.0.rules.{len(RULES)}"
FOREIGN = {"groups": [{"name": "theirs", "rules": [{"record": "a:b:c", "expr": "vector(1)"}]}]}


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (f"{ALERT}.expr", lambda it: it.replace("0.01", "0.02"), f"{FAILURES}: expr\n"),
        (f"{ALERT}.for", "90s", f"{FAILURES}: for\n    - 1m30s\n    + 1m\n"),
        (f"{ALERT}.keep_firing_for", "5m", f"{FAILURES}: keep_firing_for\n    - 5m\n    + 0s\n"),
        (f"{ALERT}.labels.severity", "warning", f"{FAILURES}: labels.severity\n    - warning\n"),
        (f"{ALERT}.labels.team", "theirs", f"{FAILURES}: labels.team\n    - theirs\n"),
        (f"{ALERT}.annotations.dashboard_url", None, f"{FAILURES}: annotations.dashboard_url\n"),
        ("groups.0.interval", "30s", f"group {RULE_GROUP}: interval\n    - 30s\n    + 1m\n"),
        ("groups.0.limit", 7, f"group {RULE_GROUP}: limit\n    - 7\n    + 0\n"),
        (ALERT, None, f"{FAILURES}: is not there\n"),
        (ONE_MORE, MINE, f"rule {RULE_GROUP}/Mine: is not in Git\n    - up == 0\n"),
        ("groups.0.rules", lambda rules: rules[::-1], f"group {RULE_GROUP}: order of its rules\n"),
        ("groups.0.rules", lambda it: [*it, it[0]], f"group {RULE_GROUP}: order of its rules\n"),
        ("groups.1", None, f"group {RULE_GROUP}-dashboard: is not there\n"),
    ],
)
def test_one_difference_is_told_and_is_the_only_one(
    prometheus_server: Live, run: Run, place: str, value: Any, told: str
) -> None:
    prometheus_server.load(ours=changed(BUILT, place, value))
    done = run("diff", code=1, PROMETHEUS_URL=prometheus_server.url)
    assert f"\n  {told}" in done.out
    assert done.out.endswith("  1 difference: - is live, + is in Git\n"), done.out


def test_groups_of_others_and_what_is_only_written_otherwise_are_no_difference(
    prometheus_server: Live, run: Run
) -> None:
    written = changed(changed(BUILT, "groups.0.interval", "60s"), f"{ALERT}.for", "60s")
    for rule in written["groups"][0]["rules"]:
        expr = rule["expr"].replace("sum by (", "sum by(").replace("[24h]", "[1d]")
        rule["expr"] = f"# read me\n{expr}"
    prometheus_server.load(ours=written, theirs=FOREIGN)
    done = run("diff", PROMETHEUS_URL=prometheus_server.url)
    assert done.err == ""
    assert done.out == f"Prometheus {prometheus_server.url}\n  the same as in Git\n"


def test_our_rules_in_another_file_or_group_as_well_are_told_until_sync_finds_the_files_gone(
    prometheus_server: Live, run: Run
) -> None:
    copied = {"name": "copied", "rules": [rule for rule in RULES if "alert" in rule]}
    prometheus_server.load(ours=BUILT, old=OTHER, copied={"groups": [copied]})
    out = run("diff", code=1, PROMETHEUS_URL=prometheus_server.url).out
    assert f"  group {RULE_GROUP}: is loaded 2 times, and each alert is raised as often" in out
    for stem in ("ours", "old"):
        assert f"- {prometheus_server.folder}/{stem}.yaml\n" in out
    assert f"  {FAILURES} of {prometheus_server.folder}/old.yaml: for\n" in out
    group = f"  group copied of {prometheus_server.folder}/copied.yaml: is not ours, and has our"
    assert f"{group} rules\n    - {IngestionFailures.name}\n" in out
    assert "  4 differences" in out  # these, and one for the other of our two groups
    prometheus_server.write(ours=BUILT)
    assert "  sync: reloaded" in run("sync", PROMETHEUS_URL=prometheus_server.url).out


def test_a_rule_that_fails_is_told_with_its_error(
    prometheus_server: Live, run: Run, tmp_path: Path
) -> None:
    two = 'label_replace(vector(1), "a", "1", "", "") or label_replace(vector(1), "a", "2", "", "")'
    rules = [{"alert": "Twice", "expr": two, "labels": {"a": "same"}}]
    document = {"groups": [{"name": "g", "interval": "1s", "rules": rules}]}
    put(tmp_path, ALERTS, document)
    prometheus_server.load(ours=document)
    call = partial(run, "diff", "--root", str(tmp_path), PROMETHEUS_URL=prometheus_server.url)
    assert awaited(lambda: call(code=None).code == 1)
    out = call(code=1).out
    assert "  rule g/Twice: fails to evaluate\n    - " in out
    assert "labelset" in out


def test_a_file_that_prometheus_refuses_is_told_and_what_it_keeps_is_compared(
    prometheus_server: Live, run: Run
) -> None:
    prometheus_server.load(ours=OTHER)
    prometheus_server.write(ours="groups: [{name: a, rules: [{alert: A, expr: '('}]}]")
    done = run("sync", code=2, PROMETHEUS_URL=prometheus_server.url)
    assert " keeps what it had: " in done.err
    assert f"  {FAILURES}: for\n    - 2m\n    + 1m\n" in done.out


@pytest.mark.parametrize(
    ("expr", "code", "status"),
    [
        ("sum by(a)(x{b='#'})>1", 0, 403),
        ("sum by (a) (x{b='# '}) > 1", 1, 403),  # as a Prometheus without the flag
        ("function_of_another_ruler(x)", 1, 404),
    ],
)
def test_a_ruler_with_nothing_but_the_rules_api_is_compared(
    run: Run, tmp_path: Path, expr: str, code: int, status: int
) -> None:
    ours = {"record": "a:b:c", "expr": "sum by (a) ( # why\n  x{b='#'}) > 1"}
    put(tmp_path, ALERTS, {"groups": [{"name": "g", "interval": "1m", "rules": [ours]}]})
    rule = {"name": "a:b:c", "query": expr, "type": "recording", "lastError": ""}  # as vmalert
    live = {"name": "g", "file": "f", "interval": 60, "rules": [rule]}

    def answer(asked: Request) -> Reply:
        if asked.method == "POST":
            return ("Lifecycle API is not enabled.", status)
        return {"status": "success", "data": {"groups": [live]}}

    with serving(answer) as server:
        call = partial(run, "--root", str(tmp_path), PROMETHEUS_URL=server.url)
        call("diff", code=code)
        told = f"({status}: Lifecycle API is not enabled.)"
        advice = f"{told}: start it with --web.enable-lifecycle, or"
        assert (advice in call("sync", code=2 * code).err) == bool(code)
