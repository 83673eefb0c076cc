"""What tests of several rooms use."""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from stack.ports import Ports
from tools import ROOT
from tools.process import finished

Command = Callable[..., subprocess.CompletedProcess[str]]


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Called = Callable[..., Ran]
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_OURS = range(10_000 + _WORKER, 32_000, _WORKERS)
_PORTS = iter(random.sample(_OURS, len(_OURS)))


def free_port() -> int:
    """A port that nobody listens on, below those that a system gives to connections.

    No other process of this run gets it, even if whoever asked takes long to listen on it.
    """
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@pytest.fixture
def ports() -> Ports:
    """Ports for a stack that nobody listens on."""
    return Ports(*(free_port() for _ in fields(Ports)))


def port_options(ports: Ports) -> tuple[str, ...]:
    """What puts a stack on these ports."""
    return tuple(f"--{name.replace('_', '-')}={port}" for name, port in asdict(ports).items())


def script(file: Path, lines: str) -> Path:
    """Write a program for the shell to `file`, and return that."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{lines}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs `python -m MODULE ARGUMENT...` in an empty folder, with extra environment by keyword."""

    def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        whole = {**clean_environment(), **environment}
        return finished([sys.executable, "-m", module, *arguments], cwd=tmp_path, env=whole)

    return run


@pytest.fixture
def called(capfd: pytest.CaptureFixture[str]) -> Called:
    """Calls a command's `main` here, with arguments, and with extra environment by keyword.

    It must end with `code`, if that is given.
    """

    def call(
        main: Callable[[], int], *arguments: str, code: int | None = None, **environment: str
    ) -> Ran:
        whole = {**clean_environment(), "COLUMNS": "200", **environment}
        with patch.dict(os.environ, whole, clear=True), patch("sys.argv", ["", *arguments]):
            capfd.readouterr()
            try:
                found = main()
            except SystemExit as ended:
                found = int(ended.code or 0)
        ran = Ran(found, *capfd.readouterr())
        assert code in {None, found}, ran
        return ran

    return call


def assert_on_loopback_alone(port: int) -> None:
    """What listens on `port` of 127.0.0.1 does not on others, such as this one of the loopback."""
    socket.create_connection(("127.0.0.1", port), 60).close()
    with pytest.raises(OSError):  # noqa: PT011  # systems without this address say something else
        socket.create_connection(("127.0.0.2", port), 5)


def clean_environment() -> dict[str, str]:
    """The environment without what configures our commands, and with our modules to import."""
    ours = ("DATABASE_URL", "EXPORTER_CONTROL_TOKEN", "MONITORING_", "REQUESTS_CA_BUNDLE")
    servers = ("PROMETHEUS_", "ALERTMANAGER_", "GRAFANA_", "SYNC_")
    kept = {n: value for n, value in os.environ.items() if not n.startswith((*ours, *servers))}
    return {**kept, "PYTHONPATH": str(ROOT)}
