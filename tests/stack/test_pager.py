from collections.abc import Callable

import pytest
import requests

from stack.pager import Pager

NOTIFICATION = {
    "receiver": "on-call",
    "groupLabels": {"alertname": "A", "model": "m"},
    "alerts": [
        {"status": "firing", "labels": {"alertname": "A", "model": "m"}, "annotations": {"s": "x"}},
        {"status": "resolved", "labels": {"alertname": "B"}, "annotations": {}},
    ],
}


def test_each_alert_of_a_notification_is_kept_with_its_group_and_receiver(
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    with Pager(port) as pager:
        answer = requests.post(f"http://127.0.0.1:{port}/", json=NOTIFICATION, timeout=5)
        assert answer.status_code == 200
        (notice,) = pager.notices("A")
        assert (notice.status, notice.receiver, notice.group) == (
            "firing",
            "on-call",
            {"alertname": "A", "model": "m"},
        )
        assert notice.annotations == {"s": "x"}
        assert pager.notices("A", since=notice.when + 1) == []
        assert [one.status for one in pager.notices("B")] == ["resolved"]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"alerts": [{}]}'])
def test_what_is_no_notification_is_refused(free_port: Callable[[], int], body: str) -> None:
    port = free_port()
    with Pager(port) as pager:
        answer = requests.post(f"http://127.0.0.1:{port}/", data=body, timeout=5)
        assert answer.status_code == 400
        assert pager.notices("A") == []
