"""An Alertmanager for the stack: the deployed configuration, with our pager and shorter times."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from contract.durations import parsed_duration, promql_duration
from stack.supervisor import Supervisor
from tools.http import Api
from tools.locate import find

_TIMES = ("group_wait", "group_interval", "repeat_interval")
_LEAST = timedelta(seconds=1)
"""The shortest time that Alertmanager can group by."""


def configuration(deployed: str, pager: str, speed: int) -> str:
    """`deployed` (YAML) with `pager` (a URL) as every receiver, and its times divided by `speed`.

    Routes, grouping and inhibition are unchanged.
    """
    document = yaml.safe_load(deployed)
    hook = {"url": pager, "send_resolved": True}
    document["receivers"] = [
        {"name": receiver["name"], "webhook_configs": [hook]} for receiver in document["receivers"]
    ]
    document.pop("templates", None)
    document.pop("global", None)  # addresses and secrets of the former receivers
    _hurry(document["route"], speed)
    return yaml.safe_dump(document, sort_keys=False)


def started(supervisor: Supervisor, config: Path, address: str) -> Api:
    """Start an Alertmanager on `address` (host:port), without a cluster, and await it.

    Its state is in `supervisor`'s folder.
    """
    api = Api(f"http://{address}")
    arguments = (
        f"--config.file={config}",
        f"--storage.path={supervisor.folder / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    supervisor.start("alertmanager", [*find("alertmanager"), *arguments], api.ready)
    return api


def _hurry(route: dict[str, Any], speed: int) -> None:
    for name in _TIMES:
        if name in route:
            faster = parsed_duration(route[name]) / speed
            faster -= faster % timedelta(milliseconds=1)
            route[name] = promql_duration(max(_LEAST, faster))
    for child in route.get("routes", ()):
        _hurry(child, speed)
