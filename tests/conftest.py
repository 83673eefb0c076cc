"""What tests of several rooms use."""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import fields, replace
from pathlib import Path

import hypothesis
import pytest

from stack.history import History
from stack.ports import Ports
from stack.replay import HISTORIES, replayed
from tools import ROOT
from tools.process import finished

# A busy machine is no fault of the code; and what failed once is told by its seed.
hypothesis.settings.register_profile("any machine", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("any machine")

LONGEST = 10
"""Hours of a history: enough for every window but the baseline's, which takes what there is."""

Command = Callable[..., subprocess.CompletedProcess[str]]
Played = Callable[[str], History]


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a port that nobody listens on, below those that a system gives to connections."""
    candidates = iter(random.sample(range(10_000, 32_000), 22_000))

    def pick() -> int:
        for port in candidates:
            with socket.socket() as probe, suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
        raise AssertionError("no port is free")

    return pick


@pytest.fixture
def ports(free_port: Callable[[], int]) -> Ports:
    """Ports for a stack that nobody listens on."""
    return Ports(*(free_port() for _ in fields(Ports)))


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
        return finished([sys.executable, "-m", module, *arguments], 240, cwd=tmp_path, env=whole)

    return run


def clean_environment() -> dict[str, str]:
    """The environment without what configures our commands, and with our modules to import."""
    ours = ("DATABASE_URL", "EXPORTER_CONTROL_TOKEN", "MONITORING_")
    servers = ("PROMETHEUS_", "ALERTMANAGER_", "GRAFANA_", "SYNC_")
    kept = {n: value for n, value in os.environ.items() if not n.startswith((*ours, *servers))}
    return {**kept, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Gives a scenario's history on a real Prometheus, made once for all tests."""
    made: dict[str, History] = {}
    with ExitStack() as running:

        def get(scenario: str) -> History:
            if scenario not in made:
                folder = tmp_path_factory.mktemp(scenario)
                options = HISTORIES[scenario]
                options = replace(options, hours=min(options.hours, LONGEST))
                made[scenario] = running.enter_context(replayed(options, folder))
            return made[scenario]

        yield get
