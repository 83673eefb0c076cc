"""Dashboards that people already have, for splice."""

import random
from typing import Any

from config import Config
from contract.document import Json
from dashboards import compozy_monitoring

OURS = compozy_monitoring.dashboard(Config())
GRAFANAS = {**OURS["annotations"]["list"][0], "iconColor": "a colour of theirs"}
"""The entry that Grafana itself puts into every dashboard."""


def a_panel(number: int | str, x: int, y: int, **more: Any) -> Json:
    head = {"id": number, "type": "timeseries", "title": f"theirs {number}"}
    return head | {"gridPos": {"x": x, "y": y, "w": 12, "h": 8}} | more


def a_row(number: int, y: int, **more: Any) -> Json:
    head = {"id": number, "type": "row", "title": f"row {number}", "collapsed": False, "panels": []}
    return head | {"gridPos": {"x": 0, "y": y, "w": 24, "h": 1}} | more


def their_dashboard(**more: Any) -> Json:
    return {
        "uid": "compozy-monitoring",
        "title": "theirs",
        "schemaVersion": 39,
        "tags": ["team-a"],
        "editable": True,
        "version": 12,
        "panels": [
            *(a_row(1, 0), a_panel(2, 0, 1), a_panel(3, 12, 1)),
            a_row(4, 9, collapsed=True, panels=[a_panel(5, 0, 10)]),
        ],
        "templating": {"list": [{"name": "team", "type": "custom", "query": "a,b"}]},
        "annotations": {"list": [{"name": "Deploys", "enable": True}, GRAFANAS]},
        "links": [{"title": "Wiki", "type": "link", "url": "http://wiki.example"}],
    } | more


def at_random(pick: random.Random) -> Json:
    """Rows, open and closed, with panels, whose ids are as Grafana gives them: any."""
    numbers = pick.sample(range(1, 300), 40)
    panels: list[Json] = []
    y = 0
    for _ in range(pick.randrange(5)):
        closed = pick.random() < 0.4
        inside = [
            a_panel(numbers.pop(), 12 * (n % 2), y + 1 + 8 * (n // 2))
            for n in range(pick.randrange(5))
        ]
        panels.append(a_row(numbers.pop(), y, collapsed=closed, panels=inside if closed else []))
        if not closed:
            panels += inside
        y += 1 if closed or not inside else 1 + 8 * ((len(inside) + 1) // 2)
    names = pick.sample(["team", "job", "model", "region"], pick.randrange(4))
    variables = [{"name": name, "type": "query", "definition": "up"} for name in names]
    return their_dashboard(panels=panels, templating={"list": variables, "enable": True})
