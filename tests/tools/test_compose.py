import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import script
from tools import ROOT, compose
from tools.compose import PASSWORDS, ensure_passwords, main
from tools.process import finished

Docker = Callable[[str], Path]


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Docker:
    """Puts a docker on PATH, alone there, that does the given lines; tools.compose works on a copy.

    Returns the checkout that it works on; what docker was asked is in its file `asked`.
    """
    root = tmp_path / "checkout"
    (root / "cluster").mkdir(parents=True)
    monkeypatch.setattr(compose, "ROOT", root)
    monkeypatch.setattr(compose, "FILE", root / "cluster/docker-compose.yml")
    monkeypatch.setattr(compose, "ENV_FILE", root / "cluster/.env")
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in (*PASSWORDS, *(name for name, _ in compose.PORTS.values())):
        monkeypatch.delenv(variable, raising=False)

    def write(lines: str) -> Path:
        asked = f'echo "$@" "[$POSTGRES_PASSWORD]" >> {root}/asked'
        script(tmp_path / "docker", f"{asked}\n{lines}")
        return root

    return write


def _values(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", file.read_text(), re.MULTILINE))


def test_passwords_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    env_file, old = tmp_path / ".env", os.umask(0)
    try:
        assert ensure_passwords(env_file) == list(PASSWORDS)
    finally:
        os.umask(old)
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    values = _values(env_file)
    assert set(values) == set(PASSWORDS)
    assert len(set(values.values())) == 2
    for value in values.values():
        assert re.fullmatch(r"[\w-]{32}", value)  # it needs no escape in an address
    env_file.chmod(0o644)
    assert ensure_passwords(env_file) == []
    assert _values(env_file) == values
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("ours", ["", "GRAFANA_PORT=13000\n", "GRAFANA_PASSWORD=\nOTHER=x"])
def test_what_is_missing_is_added_to_what_the_user_wrote(tmp_path: Path, ours: str) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"POSTGRES_PASSWORD=mine\n{ours}")
    assert ensure_passwords(env_file) == ["GRAFANA_PASSWORD"]
    assert env_file.read_text().startswith(f"POSTGRES_PASSWORD=mine\n{ours}")
    values = _values(env_file)
    assert values["POSTGRES_PASSWORD"] == "mine"  # noqa: S105  # no secret
    assert len(values["GRAFANA_PASSWORD"]) == 32  # of two lines the last counts


def test_git_ignores_the_passwords_and_their_temporary_file() -> None:
    for name in ("cluster/.env", "cluster/.env.a1b2c3d4"):
        assert finished(["git", "check-ignore", name], cwd=ROOT).returncode == 0, name


def test_up_starts_the_chain_and_tells_the_addresses_but_no_password(
    docker: Docker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = docker("exit 0")
    monkeypatch.setenv("GRAFANA_PORT", "13000")
    assert main(["up"]) == 0
    asked = (root / "asked").read_text()
    file = root / "cluster/docker-compose.yml"
    assert f"compose --file {file} up --detach --build --wait" in asked
    said = capsys.readouterr().out
    assert "Grafana       http://localhost:13000\n" in said
    assert "Prometheus    http://localhost:9090\n" in said
    assert "cluster/.env" in said
    for password in _values(root / "cluster/.env").values():
        assert password not in said + asked


def test_check_starts_nothing_and_down_keeps_the_data_and_needs_no_passwords(
    docker: Docker,
) -> None:
    root = docker("exit 0")
    assert main(["check"]) == 0
    assert (root / "asked").read_text().splitlines() == ["compose version []", "version []"]
    assert main(["down"]) == 0
    last = (root / "asked").read_text().splitlines()[-1]
    assert last.endswith("down --remove-orphans [unset]")
    assert not (root / "cluster/.env").exists()
    (root / "cluster/.env").write_text("POSTGRES_PASSWORD=mine\n")
    main(["down", "--volumes"])
    last = (root / "asked").read_text().splitlines()[-1]
    assert last.endswith("down --remove-orphans --volumes []")  # compose reads the file itself


def test_a_chain_that_does_not_get_well_is_an_error_that_says_where_to_look(
    docker: Docker, capsys: pytest.CaptureFixture[str]
) -> None:
    docker('case "$*" in *" up "*) exit 17;; esac')
    assert main(["up"]) == 1
    said = capsys.readouterr()
    assert "docker compose ended with 17" in said.err
    assert "cluster/docker-compose.yml logs" in said.err
    assert "http://" not in said.out


PLUGIN, ENGINE = "install Docker with its compose plugin", "start the engine, or name one in"
NO_PLUGIN = "echo 'unknown command: docker compose' >&2; exit 1"
NO_ENGINE = "[ $1 = compose ] || { echo 'Cannot connect to the daemon' >&2; exit 1; }"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (None, f"docker does not run (No such file or directory): {PLUGIN}"),
        (NO_PLUGIN, f"docker failed (unknown command: docker compose): {PLUGIN}"),
        (NO_ENGINE, f"docker failed (Cannot connect to the daemon): {ENGINE} DOCKER_HOST"),
    ],
)
@pytest.mark.parametrize("command", ["up", "check"])
def test_what_is_missing_of_docker_is_named(
    docker: Docker,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    lines: str | None,
    message: str,
    command: str,
) -> None:
    root = docker(lines or "")
    if lines is None:
        (tmp_path / "docker").unlink()
    assert main([command]) == 1
    assert capsys.readouterr().err == f"compose: {message}\n"
    assert not (root / "cluster/.env").exists()
