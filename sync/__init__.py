"""Comparison of a live Prometheus, Alertmanager and Grafana with the checkout."""
