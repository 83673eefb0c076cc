import pytest

from tests.standin import Reply
from tests.sync.conftest import Run
from tests.sync.grafana_standin import Grafana


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (None, ""),
        (({"message": "Permission denied"}, 403), "GRAFANA_USER and GRAFANA_PASSWORD"),
        (({"message": "no such folder"}, 500), "with 500: no such folder (the admin API takes"),
        ("<html>login</html>", "GRAFANA_URL"),
    ],
)
def test_grafana_reload_prints_what_each_answered_goes_on_where_one_is_refused_and_ends_with_1(
    run: Run, grafana: Grafana, reply: Reply | None, told: str
) -> None:
    grafana.refused |= {("POST", "dashboards/reload"): reply} if reply else {}
    entry = {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "a-password"}
    done = run("grafana-reload", code=int(bool(told)), GRAFANA_URL=grafana.url, **entry)
    kinds = ["datasources", "dashboards", "alerting"]
    paths = [f"/api/admin/provisioning/{kind}/reload" for kind in kinds]
    assert [asked.path for asked in grafana.asked] == paths
    if reply:
        kinds.remove("dashboards")
        assert done.err.startswith("grafana-reload: dashboards: Grafana at ")
    assert told in done.err
    assert bool(done.err) == bool(told)
    assert done.out == "".join(f"{kind}: {kind} config reloaded\n" for kind in kinds)
