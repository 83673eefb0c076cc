"""The dashboard without Grafana: its panels on one page, with results of a real Prometheus."""
