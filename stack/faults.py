"""Faults on the running exporters, by the exporter's own command."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contract.file import ConfigError
from exporter_stub import control
from stack.ports import Ports
from stack.supervisor import StackError
from tools import ROOT
from tools.process import finished

TIMEOUT = 60
"""Seconds for one command; its start is most of them."""


def tell_exporters(folder: Path, ports: Ports, *arguments: str) -> list[str]:
    """`exporter_stub fault` with `arguments` for every exporter of the stack of `folder`.

    Returns what each answers. Raises ConfigError for arguments that it refuses, StackError where it
    does not do it.
    """
    fault = [sys.executable, "-m", "exporter_stub", "fault", *arguments]
    where = [
        ["--control-port", str(port), "--data-dir", str(folder / name)]
        for name, (_, port) in ports.exporters.items()
    ]
    # The token of each is in its folder, whatever the caller's environment has.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), control.TOKEN_VARIABLE: ""}
    with ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda own: finished(fault + own, TIMEOUT, env=environment), where))
    for done in told:
        if done.returncode:
            said = done.stderr.strip().splitlines()[-1].rpartition("error: ")[2]
            raise (ConfigError if done.returncode == 2 else StackError)(said)
    return [
        f"{name}: {line}"
        for name, done in zip(ports.exporters, told, strict=True)
        for line in done.stdout.splitlines()
    ]
