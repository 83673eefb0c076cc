"""`make diff`, `make sync` and `make grafana-reload` on the real servers of the compose file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from config import Config
from contract.document import Json
from delivery.targets import DASHBOARDS
from delivery.targets.grafana_alerting import RULES as GRAFANA_ALERTS
from sync import grafana_dashboards
from sync.client import LiveError
from sync.grafana_dashboards import merged
from sync.settings import servers
from tests.cluster.conftest import MARKS, Chain
from tests.conftest import Command
from tests.sync.conftest import put
from tests.sync.grafana_standin import ALERT, GROUP, QUERY
from tools import ROOT

pytestmark = MARKS
Sync = Callable[..., str]
DASHBOARD_UID = Config().dashboard.uid
NEW = "compozy-sync-test"
FOLDER = "Sync test"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of cluster/ to change."""
    shutil.copytree(ROOT / "cluster", tmp_path / "cluster", ignore=shutil.ignore_patterns(".env"))
    return tmp_path


@pytest.fixture
def sync(chain: Chain, checkout: Path, command: Command) -> Sync:
    """What the command says of the copy and all servers, or those named; it ends with `code`."""

    def run(code: int, what: str, *servers: str, **more: str) -> str:
        names = servers or ("Prometheus", "Alertmanager", "Grafana")
        urls = {f"{name.upper()}_URL": chain.url(name) for name in names}
        root = () if what == "grafana-reload" else ("--root", str(checkout))
        done = command("sync", what, *root, **{**urls, **chain.grafana_entry, **more})
        said = done.stdout + done.stderr
        assert chain.grafana_entry["GRAFANA_PASSWORD"] not in said
        assert (done.returncode, bool(done.stderr)) == (code, code == 2), said
        return said

    return run


def _dashboard(checkout: Path, uid: str, change: Callable[[Json], object]) -> None:
    """Change a dashboard of the copy; a new one starts as ours."""
    folder = checkout / DASHBOARDS
    file = folder / f"{uid}.json"
    source = file if file.exists() else folder / f"{DASHBOARD_UID}.json"
    dashboard = json.loads(source.read_text())
    dashboard["uid"] = uid
    change(dashboard)
    file.write_text(json.dumps(dashboard))


def _rules(checkout: Path, **alert: str) -> None:
    """Have one group with one alert in the copy, with a uid and a folder that nobody else has."""
    rule = {
        **ALERT,
        "uid": NEW,
        "title": NEW,
        "labels": {"severity": "warning"},
        "annotations": {"summary": "{{ $labels.instance }} is for a test"},
        "data": [{**QUERY, "datasourceUid": Config().datasource_uid}],
        **alert,
    }
    group = {**GROUP, "name": NEW, "folder": FOLDER, "rules": [rule]}
    put(checkout, GRAFANA_ALERTS, {"apiVersion": 1, "groups": [group]})


def test_what_is_deployed_is_the_same_as_in_git(sync: Sync) -> None:
    assert sync(0, "diff").count("  the same as in Git\n") == 3


def test_a_new_dashboard_is_made_then_mended_and_each_time_is_the_same_after(
    sync: Sync, checkout: Path, chain: Chain
) -> None:
    _dashboard(checkout, NEW, lambda dashboard: dashboard.update(title=NEW))
    assert f"  dashboard {NEW}: is not there\n" in sync(1, "diff", "Grafana")
    assert f"dashboard {NEW}: made" in sync(0, "sync", "Grafana")
    made = chain.get("Grafana", f"/api/dashboards/uid/{NEW}")
    assert made["meta"]["folderTitle"] == "Compozy"
    sync(0, "diff", "Grafana")

    _dashboard(checkout, NEW, lambda dashboard: dashboard["panels"][3].update(title="Renamed"))
    said = sync(1, "diff", "Grafana")
    assert "title\n" in said
    assert "    + Renamed\n" in said
    sync(0, "sync", "Grafana")
    saved = chain.get("Grafana", f"/api/dashboards/uid/{NEW}")
    assert saved["meta"]["folderUid"] == made["meta"]["folderUid"]
    assert saved["meta"]["version"] == made["meta"]["version"] + 1
    sync(0, "sync", "Grafana")
    again = chain.get("Grafana", f"/api/dashboards/uid/{NEW}")
    assert again["meta"]["version"] == saved["meta"]["version"]


def test_an_edit_made_while_sync_runs_is_told_and_kept(
    sync: Sync, checkout: Path, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = f"{NEW}-edited"
    _dashboard(checkout, uid, lambda dashboard: dashboard.update(title=uid))
    sync(0, "sync", "Grafana")
    _dashboard(checkout, uid, lambda dashboard: dashboard["panels"][3].update(title="Renamed"))

    def edited(live: Json, git: Json) -> Json:
        """What is to be saved, after somebody has saved something else."""
        made = merged(live, git)
        saved = {"dashboard": {**live, "description": "theirs"}, "overwrite": False}
        chain.ask("POST", "Grafana", "/api/dashboards/db", json=saved)
        return made

    monkeypatch.setattr(grafana_dashboards, "merged", edited)
    given = {"GRAFANA_URL": chain.url("Grafana"), **chain.grafana_entry}
    (client,) = servers(given, "Grafana")
    (apply,) = (part.apply for part in grafana_dashboards.parts(client, checkout) if part.apply)
    with pytest.raises(LiveError, match="somebody else saved it"):
        apply()
    kept = chain.get("Grafana", f"/api/dashboards/uid/{uid}")["dashboard"]
    assert kept["description"] == "theirs"


def test_a_dashboard_from_a_file_is_read_again_and_not_saved_over(
    sync: Sync, checkout: Path
) -> None:
    _dashboard(checkout, DASHBOARD_UID, lambda it: it["panels"][3].update(title="Renamed"))
    said = sync(1, "sync", "Grafana")
    assert "provisioned from a file" in said
    assert "    + Renamed\n" in said


def test_alert_rules_are_put_where_they_are_asked_for_and_mended_afterwards(
    sync: Sync, checkout: Path, chain: Chain
) -> None:
    _rules(checkout)
    assert "none of ours is in this Grafana" in sync(0, "diff", "Grafana")
    sync(1, "diff", "Grafana", GRAFANA_ALERTS="yes")
    sync(0, "sync", "Grafana", GRAFANA_ALERTS="yes")
    rule = chain.get("Grafana", f"/api/v1/provisioning/alert-rules/{NEW}")
    assert rule["provenance"] == "api"
    assert chain.get("Grafana", f"/api/folders/{rule['folderUID']}")["title"] == FOLDER

    _rules(checkout, **{"for": "3m"})
    said = sync(1, "diff", "Grafana")  # one is live now: they are compared without being asked for
    assert f"  alert rule {NEW}: for\n    - 1m\n    + 3m\n" in said
    sync(0, "sync", "Grafana")
    assert "replaced" not in sync(0, "sync", "Grafana")


def test_grafana_reads_all_its_files_again(sync: Sync) -> None:
    said = sync(0, "grafana-reload", "Grafana")
    kinds = ("datasources", "dashboards", "alerting")
    assert [line.partition(":")[0] for line in said.splitlines()] == list(kinds)
    assert said.count("config reloaded") == 3


def test_a_grafana_that_refuses_us_is_told_apart_from_one_that_differs(sync: Sync) -> None:
    for command in ("diff", "sync"):
        said = sync(2, command, "Grafana", GRAFANA_PASSWORD="wrong")  # noqa: S106  # made up here
        assert "GRAFANA_USER" in said
