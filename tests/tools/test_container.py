"""The launcher against a real engine, with the image of the compose file."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack.supervisor import end_leftovers
from tests.cluster.conftest import MARKS
from tests.conftest import free_port
from tools import MARK
from tools.container import command
from tools.process import succeeded
from tools.promtool import Promtool, PromtoolError

pytestmark = MARKS


def _containers() -> list[str]:
    asked = ["docker", "ps", "--all", "--quiet", "--filter", f"label={MARK}"]
    return succeeded(asked).stdout.split()


def test_a_program_in_a_container_reads_files_and_input_and_tells_its_verdict(
    tmp_path: Path,
) -> None:
    promtool = Promtool(command("promtool", "prometheus"))
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up'}]}]\n")
    assert "1 rules found" in promtool.check_rules(rules)
    metrics = "# HELP a_total A\n# TYPE a_total counter\na_total 1\n"
    succeeded([*promtool.command, "check", "metrics"], input=metrics)
    rules.write_text("groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up ('}]}]\n")
    with pytest.raises(PromtoolError, match="could not parse expression"):
        promtool.check_rules(rules)
    assert _containers() == []


def test_what_a_container_writes_belongs_to_the_caller(tmp_path: Path) -> None:
    history = tmp_path / "history.txt"
    history.write_text("# TYPE a counter\na_total 1 1700000000\n# EOF\n")
    promtool = Promtool(command("promtool", "prometheus"))
    promtool.create_blocks_from_openmetrics(history, tmp_path / "t")
    assert {path.stat().st_uid for path in (tmp_path / "t").rglob("*")} == {os.getuid()}


@contextmanager
def _server(folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Prometheus in a container, once it is ready."""
    (folder / "prometheus.yml").write_text("global: {}\n")
    options = (
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{free_port()}",
    )
    with subprocess.Popen(
        [*command("prometheus", "prometheus"), *options],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as server:
        assert server.stderr is not None
        assert any(b"ready to receive web requests" in line for line in server.stderr)
        yield server


def test_a_server_in_a_container_ends_with_its_launcher(tmp_path: Path) -> None:
    with _server(tmp_path) as server:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    assert server.returncode == 0
    assert _containers() == []


def test_what_a_killed_launcher_leaves_is_ended_with_its_stack(tmp_path: Path) -> None:
    with _server(tmp_path, **{MARK: str(tmp_path)}) as server:
        server.kill()
    assert len(_containers()) == 1
    assert end_leftovers(tmp_path) == 1
    assert _containers() == []
