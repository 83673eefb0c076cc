"""What every notice of ours must be."""

import re

from config import Config
from stack.pager import Notice


def assert_whole(notice: Notice, alert: str, labels: set[str], receiver: str) -> None:
    """The payload: labels, group, links, and texts in which everything is filled in."""
    assert set(notice.labels) == {"alertname", "service", "severity", *labels}
    grouped = {"alertname", *labels}
    assert notice.group == {name: notice.labels[name] for name in grouped}
    assert notice.receiver == receiver
    assert set(notice.annotations) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert notice.annotations["runbook_url"] == Config().runbook_url(alert)
    assert notice.annotations["dashboard_url"] == Config().dashboard_url()
    told = notice.annotations["summary"] + notice.annotations["description"]
    assert not re.search(r"\{\{|<no value>|%!", told)
    assert all(notice.labels[name] in told for name in labels)
