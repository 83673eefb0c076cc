"""The exporter and a real Prometheus with the built rules, run together on this machine."""
