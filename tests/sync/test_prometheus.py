from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.names import AlertName
from delivery.targets import ALERTS
from stack.supervisor import Supervisor
from tests.sync.conftest import (
    FreePort,
    Json,
    Live,
    Run,
    built_rules,
    rules_of,
    started_prometheus,
    wait,
)
from tests.sync.standin import Asked, Reply, serving

GROUP = "compozy-llm-usage"
FAILURES = f"rule {GROUP}/{AlertName.FAILURES}"
FOREIGN = {"name": "theirs", "rules": [{"record": "a:b:c", "expr": "vector(1)"}]}


def _alert(rules: Json, name: str = AlertName.FAILURES) -> Json:
    (found,) = (rule for rule in rules["groups"][0]["rules"] if rule.get("alert") == name)
    rule: Json = found
    return rule


def _changed(change: Callable[[Json], Any]) -> Json:
    rules = built_rules()
    change(rules)
    return rules


def test_the_built_rules_are_the_same_as_in_git(prometheus_server: Live, run: Run) -> None:
    prometheus_server.load(ours=built_rules())
    done = run("diff", PROMETHEUS_URL=prometheus_server.url)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"Prometheus {prometheus_server.url}\n  the same as in Git\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            lambda rules: _alert(rules).update(expr=_alert(rules)["expr"].replace("0.01", "0.02")),
            "      >\n    -   0.02\n    +   0.01\n",
            id="a threshold",
        ),
        pytest.param(
            lambda rules: _alert(rules).update({"for": "90s"}),
            f"  {FAILURES}: for\n    - 1m30s\n    + 1m\n",
            id="the time that it is pending",
        ),
        pytest.param(
            lambda rules: _alert(rules).update(keep_firing_for="5m"),
            f"  {FAILURES}: keep_firing_for\n    - 5m\n    + 0s\n",
            id="the time that it goes on firing",
        ),
        pytest.param(
            lambda rules: _alert(rules)["labels"].update(severity="warning"),
            f"  {FAILURES}: label severity\n    - warning\n    + critical\n",
            id="a label",
        ),
        pytest.param(
            lambda rules: _alert(rules)["labels"].update(team="theirs"),
            f"  {FAILURES}: label team\n    - theirs\n",
            id="a label more",
        ),
        pytest.param(
            lambda rules: _alert(rules)["annotations"].pop("dashboard_url"),
            f"  {FAILURES}: annotation dashboard_url\n    + http://localhost:3000/d/",
            id="an annotation less",
        ),
        pytest.param(
            lambda rules: rules["groups"][0].update(interval="30s"),
            f"  group {GROUP}: interval\n    - 30s\n    + 1m\n",
            id="the group's interval",
        ),
        pytest.param(
            lambda rules: rules["groups"][0].update(limit=7),
            f"  group {GROUP}: limit\n    - 7\n    + 0\n",
            id="the group's limit",
        ),
        pytest.param(
            lambda rules: rules["groups"][0]["rules"].remove(_alert(rules)),
            f"  {FAILURES}: is not there\n",
            id="a rule less",
        ),
        pytest.param(
            lambda rules: rules["groups"][0]["rules"].append({"alert": "Mine", "expr": "up == 0"}),
            f"  rule {GROUP}/Mine: is not in Git\n    - up == 0\n",
            id="a rule more",
        ),
        pytest.param(
            lambda rules: rules["groups"][0]["rules"].insert(0, rules["groups"][0]["rules"].pop()),
            f"  group {GROUP}: order of its rules\n",
            id="the order of rules",
        ),
        pytest.param(
            lambda rules: rules["groups"].pop(),
            f"  group {GROUP}-dashboard: is not there\n",
            id="a group less",
        ),
    ],
)
def test_one_difference_is_told_and_is_the_only_one(
    prometheus_server: Live, run: Run, change: Callable[[Json], Any], told: str
) -> None:
    prometheus_server.load(ours=_changed(change))
    done = run("diff", PROMETHEUS_URL=prometheus_server.url)
    assert done.code == 1
    assert told in done.out
    assert done.out.endswith("  1 difference: - is live, + is in Git\n"), done.out


def test_spaces_brackets_of_by_comments_and_units_are_no_difference(
    prometheus_server: Live, run: Run
) -> None:
    def write_otherwise(rules: Json) -> None:
        rules["groups"][0]["interval"] = "60s"
        for rule in rules["groups"][0]["rules"]:
            rule["expr"] = "# read me\n" + rule["expr"].replace("sum by (", "sum by(").replace(
                "[24h]", "[1d]"
            )
        _alert(rules)["for"] = "60s"

    prometheus_server.load(ours=_changed(write_otherwise))
    assert run("diff", PROMETHEUS_URL=prometheus_server.url).code == 0


def test_groups_of_others_are_theirs(prometheus_server: Live, run: Run) -> None:
    prometheus_server.load(ours=built_rules(), theirs={"groups": [FOREIGN]})
    assert run("diff", PROMETHEUS_URL=prometheus_server.url).code == 0


def test_a_rule_file_that_is_loaded_twice_is_told_with_both_files(
    prometheus_server: Live, run: Run
) -> None:
    prometheus_server.load(ours=built_rules(), copied=built_rules())
    done = run("diff", PROMETHEUS_URL=prometheus_server.url)
    assert done.code == 1
    assert f"  group {GROUP}: is loaded 2 times, and each alert is raised as often" in done.out
    for stem in ("ours", "copied"):
        assert f"- {prometheus_server.folder}/{stem}.yaml\n" in done.out
    assert "2 differences" in done.out  # one for each of our two groups


def test_of_two_copies_the_one_that_differs_is_named_by_its_file(
    prometheus_server: Live, run: Run
) -> None:
    old = _changed(lambda rules: _alert(rules).update({"for": "2m"}))
    prometheus_server.load(ours=built_rules(), old=old)
    done = run("diff", PROMETHEUS_URL=prometheus_server.url)
    assert f"  {FAILURES} of {prometheus_server.folder}/old.yaml: for\n" in done.out
    assert f"{FAILURES} of {prometheus_server.folder}/ours.yaml" not in done.out


def test_our_alerts_under_another_group_name_are_told(prometheus_server: Live, run: Run) -> None:
    copied = {"groups": [{"name": "copied", "rules": [_alert(built_rules())]}]}
    prometheus_server.load(ours=built_rules(), copied=copied)
    done = run("diff", PROMETHEUS_URL=prometheus_server.url)
    assert done.code == 1
    assert "  group copied of" in done.out
    assert f"- {AlertName.FAILURES}\n" in done.out


def test_a_rule_that_fails_is_told_with_its_error_and_no_reload_is_tried(
    prometheus_server: Live, run: Run, tmp_path: Path
) -> None:
    two = 'label_replace(vector(1), "a", "1", "", "") or label_replace(vector(1), "a", "2", "", "")'
    rules = [{"alert": "Twice", "expr": two, "labels": {"a": "same"}}]
    document = {"groups": [{"name": "g", "interval": "1s", "rules": rules}]}
    file = tmp_path / ALERTS
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(document))
    prometheus_server.load(ours=document)
    wait(lambda: rules_of(prometheus_server.url)[0]["health"] == "err")
    done = run("sync", "--root", str(tmp_path), PROMETHEUS_URL=prometheus_server.url)
    assert done.code == 1
    assert "  rule g/Twice: fails to evaluate\n    - " in done.out
    assert "labelset" in done.out
    assert "  sync: no reload" in done.out


def test_sync_has_a_changed_file_read_and_then_there_is_nothing_to_do(
    prometheus_server: Live, run: Run
) -> None:
    address = {"PROMETHEUS_URL": prometheus_server.url}
    prometheus_server.load(ours=_changed(lambda rules: _alert(rules).update({"for": "2m"})))
    prometheus_server.write(ours=built_rules())
    assert run("diff", **address).code == 1
    first = run("sync", **address)
    assert (first.code, first.err) == (0, "")
    assert "  sync: reloaded" in first.out
    assert first.out.endswith("  the same as in Git\n")
    second = run("sync", **address)
    assert (second.code, second.err) == (0, "")
    assert "reloaded" not in second.out


def test_sync_says_what_still_differs_where_prometheus_reads_another_file(
    prometheus_server: Live, run: Run
) -> None:
    prometheus_server.load(ours=_changed(lambda rules: _alert(rules).update({"for": "2m"})))
    done = run("sync", PROMETHEUS_URL=prometheus_server.url)
    assert done.code == 1
    assert "  sync: reloaded" in done.out
    assert f"  {FAILURES}: for\n    - 2m\n    + 1m\n" in done.out


def test_a_file_that_prometheus_refuses_leaves_what_it_had_and_its_reason(
    prometheus_server: Live, run: Run
) -> None:
    prometheus_server.load(ours=_changed(lambda rules: _alert(rules).update({"for": "2m"})))
    prometheus_server.write(ours="groups: [{name: a, rules: [{alert: A, expr: '('}]}]")
    done = run("sync", PROMETHEUS_URL=prometheus_server.url)
    assert done.code == 2
    assert f"Prometheus at {prometheus_server.url} keeps what it had: " in done.err
    assert f"  {FAILURES}: for\n" in done.out


def test_a_prometheus_that_takes_no_reload_is_told_the_flag_for_it(
    tmp_path: Path, free_port: FreePort, run: Run
) -> None:
    with Supervisor(tmp_path / "run") as supervisor:
        live = started_prometheus(supervisor, tmp_path, free_port())
        assert run("sync", PROMETHEUS_URL=live.url).code == 0  # the same: none is needed
        rules = built_rules()
        _alert(rules)["for"] = "2m"
        file = tmp_path / "checkout" / ALERTS
        file.parent.mkdir(parents=True)
        file.write_text(yaml.safe_dump(rules))
        done = run("sync", "--root", str(tmp_path / "checkout"), PROMETHEUS_URL=live.url)
    assert done.code == 2
    assert "--web.enable-lifecycle" in done.err
    assert f"  {FAILURES}: for\n    - 1m\n    + 2m\n" in done.out


@pytest.mark.parametrize(
    ("expr", "code"),
    [
        ("sum by(a)(x{b='#'})>1", 0),
        ("sum by (a) (x{b='# '}) > 1", 1),
        ("function_of_another_ruler(x)", 1),
    ],
)
def test_a_ruler_with_nothing_but_the_rules_api_is_compared(
    run: Run, tmp_path: Path, expr: str, code: int
) -> None:
    ours = {"record": "a:b:c", "expr": "sum by (a) ( # why\n  x{b='#'}) > 1"}
    file = tmp_path / ALERTS
    file.parent.mkdir(parents=True)
    group = {"name": "g", "interval": "1m", "rules": [ours]}
    file.write_text(yaml.safe_dump({"groups": [group]}))
    rule = {"name": "a:b:c", "query": expr, "type": "recording", "health": "ok"}
    live = {"name": "g", "file": "f", "interval": 60, "rules": [rule]}

    def answer(asked: Asked) -> Reply:
        if asked.path != "/api/v1/rules":
            return Reply("404 page not found", 404)
        return Reply({"status": "success", "data": {"groups": [live]}})

    with serving(answer) as server:
        done = run("diff", "--root", str(tmp_path), PROMETHEUS_URL=server.url)
        assert done.code == code, done
        done = run("sync", "--root", str(tmp_path), PROMETHEUS_URL=server.url)
    if code:
        assert done.code == 2
        assert "mimirtool" in done.err
