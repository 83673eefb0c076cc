"""What every notice of ours must be, and which process is a part of a stack."""

import re
from contextlib import suppress
from pathlib import Path

import psutil

from config import Config
from stack.pager import Notice
from stack.supervisor import leftovers
from tools.process import awaited


def part(folder: Path, word: str) -> psutil.Process:
    """A process of the stack in `folder` whose command line has `word`, once it runs."""

    def found() -> psutil.Process | None:
        for process in leftovers(folder):
            with suppress(psutil.NoSuchProcess):  # those of PostgreSQL come and go
                if word in str(process.cmdline()):
                    return process
        return None

    process = awaited(found)
    assert process is not None, word
    return process


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
