"""The format is Grafana's own: its schema reads the dashboard back, and nothing is lost."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.dashboards.example import DASHBOARD
from tests.documents import changed, lost_by_grafana


def test_grafanas_schema_reads_the_dashboard_back_and_loses_only_what_it_does_not_know() -> None:
    assert lost_by_grafana(Dashboard, DASHBOARD) == []
    for place in ("style", "panels.4.options.legend.rightSide", "templating.list.1.useTags"):
        assert lost_by_grafana(Dashboard, changed(DASHBOARD, place, "x")) == [place]
