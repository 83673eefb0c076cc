"""docs/alerts.md and its pictures: what the alerts do, as the rule engine computes it."""
