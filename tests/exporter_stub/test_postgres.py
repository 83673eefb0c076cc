import shutil
from argparse import Namespace
from contextlib import nullcontext, suppress
from pathlib import Path

import psutil
import pytest
from psycopg.conninfo import conninfo_to_dict

from exporter_stub import postgres
from exporter_stub.database import with_time_outs
from exporter_stub.postgres import ADDRESS, embedded_postgres
from exporter_stub.process import write_private
from tests.conftest import Command
from tests.exporter_stub.conftest import (
    ended,
    execute,
    server_of,
    started,
    suspend,
    wait_for,
)


@pytest.mark.parametrize("name", ["-".join(["long"] * 20), "it's a b@2", "a,b"])
def test_data_and_address_outlive_a_server_that_was_suspended_and_nothing_else_does(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    with embedded_postgres(folder) as first:
        sockets = Path(str(conninfo_to_dict(first)["host"]))
        execute(with_time_outs(first), "CREATE TABLE kept AS SELECT 1 AS one")
        processes = suspend(first)
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []
    assert not sockets.exists()
    with embedded_postgres(folder):
        assert execute(first, "SELECT one FROM kept") == [(1,)]


def test_it_never_runs_as_root_though_its_programs_and_data_are_open_to_their_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tmp_path.stat()
    assert before.st_mode & 0o777 == 0o700
    package = postgres._binaries().parents[1]  # noqa: SLF001  # what is copied here
    for folder in (package.with_name(f"{package.name}.libs"), package / "pginstall18"):
        shutil.copytree(folder, tmp_path / folder.relative_to(package.parent), symlinks=True)
    binaries = tmp_path / package.name / "pginstall18/bin"
    monkeypatch.setattr(postgres, "_binaries", lambda: binaries)
    with embedded_postgres(tmp_path / "data") as dsn:
        assert execute(dsn, "SELECT 1")
        process = server_of(dsn)
        assert process.exe().startswith(str(tmp_path))
        assert process.uids().effective != 0
        listening = [one.status == psutil.CONN_LISTEN for one in process.net_connections("inet")]
        assert not any(listening)
        sockets = Path(str(conninfo_to_dict(dsn)["host"]))
        assert sockets.stat().st_mode & 0o077 == 0
    after = tmp_path.stat()
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    before = {*psutil.Process().children()}
    with (
        pytest.raises(OSError, match=r"did not start: .*could not access the server conf"),
        embedded_postgres(tmp_path),
    ):
        pytest.fail("it started")
    assert {*psutil.Process().children()} <= before


def test_an_address_does_not_stay_where_a_signal_comes_as_soon_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(file: Path, text: str) -> None:
        write_private(file, text)
        raise KeyboardInterrupt

    monkeypatch.setattr(postgres, "write_private", cut_off)
    monkeypatch.setattr(postgres, "embedded_postgres", lambda _: nullcontext("host=x"))
    with pytest.raises(KeyboardInterrupt):
        postgres.run(Namespace(data_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []


def _has_ended(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE  # until its parent takes notice
    return True


def test_the_server_runs_alone_until_sigterm_and_takes_over_from_one_that_was_killed(
    tmp_path: Path, command: Command
) -> None:
    address, arguments = tmp_path / ADDRESS, ("postgres", "--data-dir", str(tmp_path))
    with started(tmp_path, *arguments):  # it is killed at the end
        wait_for(address.exists)
        orphan = server_of(address.read_text())
    assert orphan.is_running()
    address.unlink()
    with started(tmp_path, *arguments) as server:
        wait_for(address.exists)
        wait_for(lambda: _has_ended(orphan))
        assert execute(address.read_text(), "SELECT 1") == [(1,)]
        second = command("exporter_stub", *arguments)
        assert second.returncode == 1
        assert "another exporter uses the data" in second.stderr
        assert address.exists()
        assert "PostgreSQL for host=" in ended(server)
    assert not address.exists()
