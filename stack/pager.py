"""A small receiver of Alertmanager's webhooks that stands for the pager, and shows what it got."""

import json
import logging
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from stack.ports import HOST

LOG = logging.getLogger(__name__)
_MOST = 10_000_000
"""Bytes of a notification; a thousand alerts take about one million."""


@dataclass(frozen=True)
class Notice:
    """One alert of one notification, as Alertmanager sent it at `when` (Unix seconds)."""

    when: float
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    group: dict[str, str]
    receiver: str


@dataclass
class Pager:
    """Listens on `port` of loopback while its `with` block lasts, and keeps all notices."""

    port: int
    _notices: list[Notice] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Begin to listen; raises OSError where the port is taken."""
        self._server = _Server((HOST, self.port), _Handler)
        self._server.pager = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, notification: dict[str, Any]) -> None:
        """Keep the alerts of one notification."""
        now = time.time()
        found = [
            Notice(
                when=now,
                status=alert["status"],
                labels=alert["labels"],
                annotations=alert["annotations"],
                group=notification["groupLabels"],
                receiver=notification["receiver"],
            )
            for alert in notification["alerts"]
        ]
        with self._lock:
            self._notices += found

    def notices(self, alert: str | None = None, since: float = 0.0) -> list[Notice]:
        """What came of the alert of that name, else of any, after `since` (Unix seconds).

        The oldest is first.
        """
        with self._lock:
            return [
                notice
                for notice in self._notices
                if alert in (None, notice.labels["alertname"]) and notice.when >= since
            ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pager: Pager


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10  # seconds for one request

    def do_POST(self) -> None:
        """Take a notification; what is none is refused, and Alertmanager logs that."""
        length = self.headers.get("Content-Length", "")
        status = HTTPStatus.BAD_REQUEST
        if length.isdecimal() and int(length) <= _MOST:
            try:
                self.server.pager.take(json.loads(self.rfile.read(int(length))))
                status = HTTPStatus.OK
            except (ValueError, KeyError, TypeError) as error:
                LOG.warning("No notification: %s", error)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """What came is kept; that it came is no news."""
        LOG.debug(format, *args)
