import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from contract.file import ConfigError
from exporter_stub.control import (
    HOST,
    TOKEN_VARIABLE,
    ControlServer,
    leave_token,
    read_token,
    token_file,
)
from exporter_stub.faults import FaultName, Faults
from tests.exporter_stub.conftest import SetClock

ALLOWED = {"Authorization": "Bearer secret"}


@pytest.fixture
def address(faults: Faults, clock: SetClock) -> Iterator[str]:
    """Of a running control server."""
    with ControlServer((HOST, 0), faults, clock, "secret") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{HOST}:{server.server_port}/faults"
        server.shutdown()
        thread.join()


def test_a_fault_is_begun_listed_and_ended(address: str, faults: Faults) -> None:
    begin = {"name": "persistence-muted", "seconds": 90, "share": 0.5}
    answer = requests.post(address, json=begin, headers=ALLOWED, timeout=5)
    listed = [{"fault": "persistence-muted share=0.5", "seconds_left": 90}]
    assert (answer.status_code, answer.json()) == (200, listed)
    assert [one.fault.name for one in faults.active()] == [FaultName.MUTED]
    assert requests.get(address, headers=ALLOWED, timeout=5).json() == listed
    assert requests.delete(address, headers=ALLOWED, timeout=5).json() == []
    assert faults.active() == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}, {"Authorization": "é"}])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_the_token_nothing_is_told_or_done(
    address: str, faults: Faults, method: str, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    body = json.dumps({"name": "persistence-muted"})
    answer = requests.request(method, address, data=body, headers=encoded, timeout=5)
    assert answer.status_code == 401
    assert answer.json() == {"error": "the token is missing, or another one"}
    assert faults.active() == []


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('{"name": "flood"}', 422, "name: Input should be 'persistence-muted'"),
        ('{"name": "restart", "share": 0.5}', 422, "restart has no share; it has: none"),
        ("{", 422, "Invalid JSON"),
        ("x" * 10_001, 400, "a fault takes up to 10000 bytes of JSON"),
    ],
)
def test_what_is_no_fault_is_refused_with_the_reason(
    address: str, faults: Faults, body: str, status: int, said: str
) -> None:
    answer = requests.post(address, data=body, headers=ALLOWED, timeout=5)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert faults.active() == []


def test_there_is_nothing_else(address: str) -> None:
    other = address.replace("/faults", "/metrics")
    assert requests.get(other, headers=ALLOWED, timeout=5).status_code == 404


def test_a_token_is_left_for_the_owners_eyes_and_read_back(tmp_path: Path) -> None:
    file = token_file(tmp_path / "data", 5002)
    for token in ("first", "second"):
        leave_token(file, token)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert read_token(file, {}) == token
    assert list(file.parent.iterdir()) == [file]
    assert token_file(tmp_path, 5002) != token_file(tmp_path, 5012)


def test_the_environments_token_wins(tmp_path: Path) -> None:
    file = tmp_path / "token"
    leave_token(file, "left")
    assert read_token(file, {TOKEN_VARIABLE: "given"}) == "given"


def test_a_token_that_is_not_there_tells_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"control-token-5002: cannot be read .*--control-port"):
        read_token(token_file(tmp_path, 5002), {})
