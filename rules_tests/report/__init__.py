"""Writes docs/alerts.md: what the alerts do, as the rule engine computes it."""
