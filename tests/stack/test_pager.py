import pytest
import requests

from stack.pager import Pager, hook, served
from tests.conftest import assert_on_loopback_alone, free_port
from tools import ToolError

LABELS = {"alertname": "A", "model": "m"}
NOTIFICATION = {
    "receiver": "on-call",
    "groupLabels": LABELS,
    "alerts": [
        {"status": "firing", "labels": LABELS, "annotations": {"summary": "x"}},
        {"status": "resolved", "labels": {"alertname": "B"}, "annotations": {}},
    ],
}


def test_each_alert_of_a_notification_is_kept_with_its_group_and_receiver_for_the_page() -> None:
    port, pager = free_port(), Pager()
    with served(port, pager):
        assert_on_loopback_alone(port)
        assert requests.post(hook(port), json=NOTIFICATION, timeout=60).status_code == 200
    notice, other = pager.notices
    assert (notice.status, notice.receiver, notice.group) == ("firing", "on-call", LABELS)
    assert (other.status, other.labels) == ("resolved", {"alertname": "B"})
    assert [(one.alert, one.kind) for one in pager.events()] == [("A", "paged"), ("B", "resolved")]
    assert all(one.when >= notice.when for one in pager.events())


def test_what_is_no_notification_is_refused() -> None:
    port, pager = free_port(), Pager()
    headers = {"Content-Type": "application/json"}
    with served(port, pager):
        for body in ("", "{", "[]", '{"alerts": [{}]}'):
            answer = requests.post(hook(port), data=body, headers=headers, timeout=60)
            assert answer.status_code == 400, body
    assert pager.notices == []


def test_a_port_that_was_taken_meanwhile_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with (
        served(port, Pager()),
        pytest.raises(ToolError, match=f"in use: port {port} \\(PAGE_PORT\\): .*PORT_OFFSET="),
        served(port, Pager()),
    ):
        pytest.fail("two listen on one port")
    assert capfd.readouterr().err == ""  # what serves it would tell more
