import pytest
import requests

from exporter_stub.control import HOST, control_app
from exporter_stub.faults import Fault, FaultName, Faults
from exporter_stub.web import serve_http

MINE = "Bearer secret"
ALLOWED = {"Authorization": MINE}


@pytest.fixture
def address(faults: Faults) -> str:
    """Of a running control server."""
    return f"http://{HOST}:{serve_http(HOST, 0, control_app(faults, 'secret'))}/faults"


def test_a_model_that_a_fault_has_brought_may_be_hit_and_a_restart_is_over_at_once(
    address: str,
) -> None:
    model = {"provider": "p", "model": "n"}
    for body in ({"name": "new-model", **model}, {"name": "token-spike", **model}):
        assert requests.post(address, json=body, headers=ALLOWED, timeout=60).ok
    answer = requests.post(address, json={"name": "restart"}, headers=ALLOWED, timeout=60)
    assert [text.split()[0] for text in answer.json()] == ["new-model", "token-spike"]


MUTED = '{"name": "persistence-muted"}'
FOR_EVER = '{"name": "persistence-muted", "seconds": Infinity}'
NO_MODEL = '{"name": "token-spike", "model": "nosuch"}'
NO_PAIR = '{"name": "slow-database", "provider": "google", "model": "gpt-4o"}'
KNOWN = "nothing has provider any, model nosuch; there are anthropic/claude-3-5-haiku"


@pytest.mark.parametrize(
    ("asked", "authorization", "body", "status", "said"),
    [
        *(
            (f"{method} /faults", other, MUTED, 401, "the token is missing, or another one")
            for method in ("GET", "POST", "DELETE")
            for other in ("", "Bearer guess", "é")
        ),
        ("POST /faults", MINE, '{"name": "flood"}', 422, "fault: name: must be 'persistence-mu"),
        ("POST /faults", MINE, '{"name": "restart", "hurry": 1}', 422, "hurry: unknown key"),
        ("POST /faults", MINE, "{", 422, "Invalid JSON"),
        ("POST /faults", MINE, FOR_EVER, 422, "must be finite: only the scenario's faults"),
        ("POST /faults", MINE, NO_MODEL, 422, KNOWN),
        ("POST /faults", MINE, NO_PAIR, 422, "nothing has provider google, model gpt-4o"),
        ("POST /faults", MINE, "x" * 10_001, 413, "Request Entity Too Large"),
        ("PUT /faults", MINE, "", 405, "GET, POST or DELETE"),
        ("GET /metrics", MINE, "", 404, "there is only /faults"),
    ],
)
def test_what_is_refused_is_told_why_and_changes_nothing(
    address: str, faults: Faults, asked: str, authorization: str, body: str, status: int, said: str
) -> None:
    faults.begin(Fault(name=FaultName.SLOW))
    method, path = asked.split()
    headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}
    there = address.replace("/faults", path)
    answer = requests.request(method, there, data=body, headers=headers, timeout=60)
    assert answer.status_code == status
    assert said in answer.text
    assert [one.fault.name for one in faults.active()] == [FaultName.SLOW]
