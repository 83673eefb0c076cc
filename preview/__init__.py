"""The dashboard without Grafana: its queries asked of a real Prometheus, its panels on one page."""
