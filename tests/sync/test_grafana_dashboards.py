from collections.abc import Iterable
from pathlib import Path

import pytest

from delivery.grafana_versions import DASHBOARD as BOARD
from delivery.grafana_versions import MARKS, MINIMUM, lacking
from delivery.targets.grafana import PROVIDER
from tests.sync.conftest import Run, put
from tests.sync.grafana_example import DASHBOARD, UID
from tests.sync.grafana_standin import Grafana


def test_a_missing_dashboard_is_made_in_the_folder_that_git_names_and_then_is_the_same(
    on_grafana: Run, checkout: Path, grafana: Grafana
) -> None:
    del grafana.dashboards[UID]
    grafana.folders["team"] = "Team $1"
    out = on_grafana("diff", code=1).out
    assert f"  dashboard {UID}: is not there\n    + Ours\n" in out
    put(checkout, PROVIDER, "providers: []")
    assert "providers.0.folder: is required" in on_grafana("sync", code=2).err
    assert grafana.of("POST") == []
    put(checkout, PROVIDER, "providers: [{name: p, folder: Team $$1}]")
    assert f"  sync: dashboard {UID}: made\n" in on_grafana("sync").out
    (posted,) = grafana.of("POST")
    assert posted.path == "/api/dashboards/db"
    assert posted.json["folderUid"] == "team"
    assert posted.json["dashboard"] == {**DASHBOARD, "id": None}


def test_a_dashboard_that_differs_is_saved_over_where_it_is(
    on_grafana: Run, grafana: Grafana
) -> None:
    grafana.dashboards[UID]["panels"][0]["title"] = "Two"
    grafana.dashboard_folders[UID] = "team"
    out = on_grafana("diff", code=1).out
    assert f'  dashboard {UID}, panel 1 "One": title\n    - Two\n    + One\n' in out
    on_grafana("sync")
    (posted,) = grafana.of("POST")
    assert posted.json["folderUid"] == "team"
    assert posted.json["overwrite"] is False
    assert posted.json["dashboard"]["version"] == 4
    assert posted.json["message"]
    on_grafana("sync")
    assert len(grafana.of("POST")) == 1


def test_an_edit_between_reading_and_saving_is_not_overwritten_but_told(
    on_grafana: Run, grafana: Grafana
) -> None:
    grafana.dashboards[UID]["title"] = "Old"
    grafana.edits.append({"description": "theirs"})
    _, out, err = on_grafana("sync", code=2)
    assert f"sync: dashboard {UID}: not saved: somebody else saved it" in err
    assert "The dashboard has been changed by someone else" in err
    assert grafana.dashboards[UID]["description"] == "theirs"
    assert f"  dashboard {UID}: description\n    - theirs\n" in out  # compared anew
    # Nobody is in the way now.
    done = on_grafana("sync")
    assert done.err == ""
    assert f"  sync: dashboard {UID}: saved\n" in done.out


@pytest.mark.parametrize(("alerts", "outputs"), [("no", [BOARD, MARKS]), ("yes", MINIMUM)])
def test_what_an_older_grafana_does_not_show_is_told(
    on_grafana: Run, grafana: Grafana, alerts: str, outputs: Iterable[str]
) -> None:
    grafana.version = "9.3.0"
    out = on_grafana("diff", code=int(alerts == "yes"), GRAFANA_ALERTS=alerts).out
    notes = [line for line in out.splitlines() if " or later is needed" in line]
    assert notes == [f"  note: {note}" for note in lacking("9.3.0", *outputs)]


def test_a_panel_that_only_grafana_has_is_kept_and_told_and_not_saved_again(
    on_grafana: Run, grafana: Grafana
) -> None:
    mine = {**DASHBOARD["panels"][0], "id": 9, "title": "Mine"}
    grafana.dashboards[UID]["panels"].append(mine)
    grafana.dashboards[UID]["title"] = "Renamed"
    for times in (1, 1):
        assert 'panel 9 "Mine": is not in Git (kept' in on_grafana("sync", code=1).out
        assert len(grafana.of("POST")) == times
    assert grafana.dashboards[UID]["title"] == "Ours"
    assert mine in grafana.dashboards[UID]["panels"]


def test_a_dashboard_from_a_file_is_reloaded_and_never_saved(
    on_grafana: Run, grafana: Grafana
) -> None:
    grafana.files.add(UID)
    grafana.dashboards[UID]["title"] = "Old"
    entry = {"GRAFANA_TOKEN": "a-token", "GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "a-password"}
    out = on_grafana("sync", code=1, **entry).out  # the file that Grafana reads is not ours
    assert "provisioned from a file" in out
    assert "dashboards config reloaded" in out
    (posted,) = grafana.of("POST")
    assert posted.path == "/api/admin/provisioning/dashboards/reload"
    assert posted.headers["Authorization"].startswith("Basic ")
    assert all(each.headers["Authorization"] == "Bearer a-token" for each in grafana.of("GET"))
