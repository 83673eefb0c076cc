"""What targets need and the configuration does not have yet."""

DATASOURCE_UID = "compozy-prometheus"
DASHBOARD_TITLE = "compozy-monitoring"
FOLDER = "Compozy"
TARGETS = (
    "prometheus",
    "grafana",
    "grafana-alerting",
    "kubernetes",
    "mimir",
    "victoriametrics",
)
