"""The dashboard without Grafana: its queries run on a real Prometheus, its panels drawn."""
