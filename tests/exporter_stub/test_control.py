import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from exporter_stub.control import HOST, TOKEN_VARIABLE, control_app, read_token, token_file
from exporter_stub.faults import FaultName, Faults
from exporter_stub.process import write_private
from exporter_stub.web import served
from tests.exporter_stub.conftest import SetClock

ALLOWED = {"Authorization": "Bearer secret"}


@pytest.fixture
def address(faults: Faults, clock: SetClock) -> Iterator[str]:
    """Of a running control server."""
    with served(HOST, 0, control_app(faults, clock.now, "secret")) as port:
        yield f"http://{HOST}:{port}/faults"


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
    ("body", "said"),
    [
        ('{"name": "flood"}', "fault: name: must be 'persistence-muted'"),
        ("{", "Invalid JSON"),
        ('{"name": "token-spike", "model": "nosuch"}', "there are anthropic/claude-3-5-haiku"),
        ('{"name": "slow-database", "provider": "google", "model": "gpt-4o"}', "nothing has"),
    ],
)
def test_what_is_no_fault_is_refused_with_the_reason(
    address: str, faults: Faults, body: str, said: str
) -> None:
    answer = requests.post(address, data=body, headers=ALLOWED, timeout=5)
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert faults.active() == []


def test_a_model_that_a_fault_has_brought_may_be_hit(address: str) -> None:
    for name, model in (("new-model", "n"), ("token-spike", "n")):
        body = {"name": name, "provider": "p", "model": model}
        assert requests.post(address, json=body, headers=ALLOWED, timeout=5).ok


@pytest.mark.parametrize(
    ("method", "path", "size", "status"),
    [("POST", "/faults", 10_001, 413), ("PUT", "/faults", 0, 405), ("GET", "/metrics", 0, 404)],
)
def test_a_large_body_another_method_and_another_path_are_refused(
    address: str, method: str, path: str, size: int, status: int
) -> None:
    asked = address.replace("/faults", path)
    answer = requests.request(method, asked, data="x" * size, headers=ALLOWED, timeout=5)
    assert answer.status_code == status


def test_a_token_is_left_for_the_owners_eyes_and_read_unless_the_environment_has_one(
    tmp_path: Path,
) -> None:
    file = token_file(tmp_path / "data", 5002)
    for token in ("first", "second"):
        write_private(file, token)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert read_token(file, {}) == token
        assert read_token(file, {TOKEN_VARIABLE: "given"}) == "given"
    assert list(file.parent.iterdir()) == [file]
    assert token_file(tmp_path, 5002) != token_file(tmp_path, 5012)
