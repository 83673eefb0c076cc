"""What runs in a live Prometheus, Alertmanager and Grafana, beside what the checkout holds."""
