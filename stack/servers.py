"""Prometheus and Alertmanager: how they are started, and a configuration with the pager."""

import re
from datetime import timedelta
from pathlib import Path

import yaml

from contract.durations import parsed_duration, promql_duration
from stack.supervisor import Supervisor
from tools.http import Api
from tools.locate import find

_TIMES = re.compile(r"\b(group_wait|group_interval|repeat_interval): (\w+)")
_LEAST = timedelta(seconds=1)
"""The shortest time that Alertmanager can group by."""


def paging(deployed: str, pager: str, speed: int) -> str:
    """`deployed`, a configuration of Alertmanager, with `pager` (a URL) as every receiver.

    Its times are divided by `speed`; routes, grouping and inhibition are unchanged.
    """

    def faster(found: re.Match[str]) -> str:
        time = parsed_duration(found[2]) / speed
        time -= time % timedelta(milliseconds=1)
        return f"{found[1]}: {promql_duration(max(_LEAST, time))}"

    document = yaml.safe_load(deployed)
    hook = {"url": pager, "send_resolved": True}
    document["receivers"] = [
        {"name": receiver["name"], "webhook_configs": [hook]} for receiver in document["receivers"]
    ]
    for former in ("templates", "global"):  # addresses and secrets of the former receivers
        document.pop(former, None)
    # The text that is dumped has no comments, and no quotes around times.
    return _TIMES.sub(faster, yaml.safe_dump(document, sort_keys=False))


def started(
    supervisor: Supervisor, program: str, config: Path, address: str, *more: str, name: str = ""
) -> str:
    """Start prometheus or alertmanager on `address` (host:port) with the arguments `more`.

    Its data are in `supervisor`'s folder, below its `name` (that of the program). Returns its URL,
    once it is ready.
    """
    command, data = find(program), supervisor.folder / (name or program)
    api = Api(f"http://{address}")
    if program == "prometheus":
        web = Path(command[0]).parent.parent / "share/prometheus/web"
        page = [f"--web.local-assets={web}"] if web.is_dir() else []  # of Debian's unpacked build
        more = (f"--storage.tsdb.path={data}", *page, *more)
    else:
        more = (f"--storage.path={data}", "--cluster.listen-address=", *more)
    common = (f"--config.file={config}", f"--web.listen-address={address}", "--log.level=warn")
    supervisor.start(name or program, [*command, *common, *more], api.ready)
    return api.base
