"""A Prometheus for the stack: its configuration and its start."""

import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from stack.supervisor import Supervisor
from tools.http import TIMEOUT, PrometheusApi
from tools.locate import find


def configuration(rules: Path, targets: Path, alertmanager: str, *, scrape: int, job: str) -> str:
    """The text of a configuration that loads `rules` and scrapes `targets` every `scrape` seconds.

    `targets` is a JSON file for file_sd_configs, which may change later; its series get the label
    `job`. Alerts are sent to `alertmanager` (host:port).
    """
    found = {"files": [str(targets)], "refresh_interval": "5s"}
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": f"{scrape}s", "scrape_timeout": f"{scrape}s"},
            "rule_files": [re.sub(r"([*?\[\\])", r"\\\1", str(rules))],  # a name, no pattern
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
            "scrape_configs": [{"job_name": job, "file_sd_configs": [found]}],
        },
        sort_keys=False,
    )


def own_page(command: Sequence[str]) -> list[str]:
    """The arguments for Prometheus' web page: Debian's unpacked build needs its files' path."""
    web = Path(command[0]).parent.parent / "share/prometheus/web"
    return [f"--web.local-assets={web}"] if len(command) == 1 and web.is_dir() else []


def started(
    supervisor: Supervisor,
    config: Path,
    address: str,
    *more: str,
    name: str = "prometheus",
    timeout: float = TIMEOUT,
) -> PrometheusApi:
    """Start a Prometheus on `address` (host:port) with the arguments `more`, and await it.

    Its samples are in `supervisor`'s folder. A query may take `timeout` seconds.
    """
    command = find("prometheus")
    api = PrometheusApi(f"http://{address}", timeout)
    arguments = (
        f"--config.file={config}",
        f"--storage.tsdb.path={supervisor.folder / name}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    )
    supervisor.start(name, [*command, *arguments, *own_page(command), *more], api.ready)
    return api
