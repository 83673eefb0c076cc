"""`make diff`, `make sync` and `make grafana-reload` on the real servers of the compose file."""

import json
import shutil
import subprocess
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
from sync.settings import from_environment
from tests.cluster.conftest import MARKS, Chain
from tests.conftest import Command
from tests.sync.conftest import put
from tests.sync.grafana_standin import ALERT, GROUP, QUERY
from tools import ROOT

pytestmark = MARKS
Sync = Callable[..., subprocess.CompletedProcess[str]]
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
    """Runs the command on the copy and all servers, or those that are named."""

    def run(what: str, *servers: str, **more: str) -> subprocess.CompletedProcess[str]:
        names = servers or ("Prometheus", "Alertmanager", "Grafana")
        urls = {f"{name.upper()}_URL": chain.url(name) for name in names}
        root = () if what == "grafana-reload" else ("--root", str(checkout))
        done = command("sync", what, *root, **{**urls, **chain.grafana_entry, **more})
        assert chain.grafana_entry["GRAFANA_PASSWORD"] not in done.stdout + done.stderr
        return done

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
    done = sync("diff")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("  the same as in Git\n") == 3


def test_a_new_dashboard_is_made_then_mended_and_each_time_is_the_same_after(
    sync: Sync, checkout: Path, chain: Chain
) -> None:
    _dashboard(checkout, NEW, lambda dashboard: dashboard.update(title=NEW))
    done = sync("diff", "Grafana")
    assert done.returncode == 1, done.stderr
    assert f"  dashboard {NEW}: is not there\n" in done.stdout
    done = sync("sync", "Grafana")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"dashboard {NEW}: made" in done.stdout
    made = chain.get("Grafana", f"/api/dashboards/uid/{NEW}")
    assert made["meta"]["folderTitle"] == "Compozy"
    assert sync("diff", "Grafana").returncode == 0

    _dashboard(checkout, NEW, lambda dashboard: dashboard["panels"][3].update(title="Renamed"))
    done = sync("diff", "Grafana")
    assert done.returncode == 1, done.stderr
    assert "title\n" in done.stdout
    assert "    + Renamed\n" in done.stdout
    assert sync("sync", "Grafana").returncode == 0
    saved = chain.get("Grafana", f"/api/dashboards/uid/{NEW}")
    assert saved["meta"]["folderUid"] == made["meta"]["folderUid"]
    assert saved["meta"]["version"] == made["meta"]["version"] + 1
    done = sync("sync", "Grafana")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    again = chain.get("Grafana", f"/api/dashboards/uid/{NEW}")
    assert again["meta"]["version"] == saved["meta"]["version"]


def test_an_edit_made_while_sync_runs_is_told_and_kept(
    sync: Sync, checkout: Path, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = f"{NEW}-edited"
    _dashboard(checkout, uid, lambda dashboard: dashboard.update(title=uid))
    assert sync("sync", "Grafana").returncode == 0
    _dashboard(checkout, uid, lambda dashboard: dashboard["panels"][3].update(title="Renamed"))

    def edited(live: Json, git: Json) -> Json:
        """What is to be saved, after somebody has saved something else."""
        made = merged(live, git)
        saved = {"dashboard": {**live, "description": "theirs"}, "overwrite": False}
        chain.ask("POST", "Grafana", "/api/dashboards/db", json=saved)
        return made

    monkeypatch.setattr(grafana_dashboards, "merged", edited)
    given = {"GRAFANA_URL": chain.url("Grafana"), **chain.grafana_entry}
    client = from_environment(given).servers["Grafana"]
    (apply,) = (part.apply for part in grafana_dashboards.parts(client, checkout) if part.apply)
    with pytest.raises(LiveError, match="somebody else saved it"):
        apply()
    kept = chain.get("Grafana", f"/api/dashboards/uid/{uid}")["dashboard"]
    assert kept["description"] == "theirs"


def test_a_dashboard_from_a_file_is_read_again_and_not_saved_over(
    sync: Sync, checkout: Path
) -> None:
    _dashboard(checkout, DASHBOARD_UID, lambda it: it["panels"][3].update(title="Renamed"))
    done = sync("sync", "Grafana")
    assert (done.returncode, done.stderr) == (1, ""), done.stdout
    assert "provisioned from a file" in done.stdout
    assert "    + Renamed\n" in done.stdout


def test_alert_rules_are_put_where_they_are_asked_for_and_mended_afterwards(
    sync: Sync, checkout: Path, chain: Chain
) -> None:
    _rules(checkout)
    done = sync("diff", "Grafana")
    assert done.returncode == 0, done.stdout
    assert "none of ours is in this Grafana" in done.stdout
    assert sync("diff", "Grafana", GRAFANA_ALERTS="yes").returncode == 1
    done = sync("sync", "Grafana", GRAFANA_ALERTS="yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    rule = chain.get("Grafana", f"/api/v1/provisioning/alert-rules/{NEW}")
    assert rule["provenance"] == "api"
    assert chain.get("Grafana", f"/api/folders/{rule['folderUID']}")["title"] == FOLDER

    _rules(checkout, **{"for": "3m"})
    done = sync("diff", "Grafana")  # one is live now: they are compared without being asked for
    assert done.returncode == 1, done.stderr
    assert f"  alert rule {NEW}: for\n    - 1m\n    + 3m\n" in done.stdout
    assert sync("sync", "Grafana").returncode == 0
    done = sync("sync", "Grafana")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "put" not in done.stdout


def test_grafana_reads_all_its_files_again(sync: Sync) -> None:
    done = sync("grafana-reload", "Grafana")
    assert (done.returncode, done.stderr) == (0, "")
    kinds = ("datasources", "dashboards", "alerting")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == list(kinds)
    assert done.stdout.count("config reloaded") == 3


def test_a_grafana_that_refuses_us_is_told_apart_from_one_that_differs(sync: Sync) -> None:
    for command in ("diff", "sync"):
        done = sync(command, "Grafana", GRAFANA_PASSWORD="wrong")  # noqa: S106  # made up here
        assert done.returncode == 2
        assert "GRAFANA_USER" in done.stderr
