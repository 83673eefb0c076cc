"""The HTTP side: metrics under the configured path, the state of health, nothing anywhere else."""

import logging
import sys
import zlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from exporter_stub.metrics import UsageMetrics

LOG = logging.getLogger(__name__)

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"

_COMPRESSION = 1
"""gzip's level. Lines of one family look alike: level 1 makes a twentieth of them already."""

_GZIP = 31
"""zlib's word for gzip's format with the largest window."""


class Handler(BaseHTTPRequestHandler):
    """What all our servers share: whole answers, and a log that is quiet."""

    timeout = 10  # seconds a client may take over its request

    def answer(
        self, status: HTTPStatus, *body: bytes, content_type: str = PLAIN, **headers: str
    ) -> None:
        """Send a whole answer, whose body may come in pieces.

        An underscore in a header's name stands for a hyphen.
        """
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(sum(map(len, body))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for piece in body:
            self.wfile.write(piece)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Requests go to the log at debug level: a scrape every few seconds is no news."""
        LOG.debug(format, *args)


class Server(ThreadingHTTPServer):
    """A thread a request; one that goes wrong is a line in the log and no more."""

    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # its parent's
        """A client that has gone is no news; anything else is an error of ours."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            LOG.debug("%s went before its answer: %s", client_address, error)
        else:
            LOG.error("A request of %s failed", client_address, exc_info=error)


class MetricsServer(Server):
    """Serves `metrics` under `path`; with a path of None (monitoring is off) it does not.

    `/healthz` tells that the process is alive, `/readyz` whether `ready()` says so.
    """

    def __init__(
        self,
        address: tuple[str, int],
        metrics: UsageMetrics,
        path: str | None,
        ready: Callable[[], bool],
    ) -> None:
        """Bind `address`; raises OSError where it is taken."""
        self.metrics = metrics
        self.path = path
        self.ready = ready
        super().__init__(address, _MetricsHandler)


class _MetricsHandler(Handler):
    server: MetricsServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == self.server.path:
            self._metrics()
        elif path == "/healthz":
            self.answer(HTTPStatus.OK, b"alive\n")
        elif path != "/readyz":
            self.answer(HTTPStatus.NOT_FOUND, b"not found\n")
        elif self.server.ready():
            self.answer(HTTPStatus.OK, b"ready\n")
        else:
            self.answer(HTTPStatus.SERVICE_UNAVAILABLE, b"the database does not answer\n")

    def _metrics(self) -> None:
        """In the format and encoding that the client accepts."""
        openmetrics = "application/openmetrics-text" in self.headers.get("Accept", "")
        body = encoded(self.server.metrics.exposition(openmetrics=openmetrics))
        headers = {"Vary": "Accept, Accept-Encoding"}
        if _accepts_gzip(self.headers.get("Accept-Encoding", "")):
            body = _gzipped(body)
            headers["Content_Encoding"] = "gzip"
        content_type = OPENMETRICS if openmetrics else TEXT
        self.answer(HTTPStatus.OK, *body, content_type=content_type, **headers)


def encoded(pieces: Iterable[str]) -> list[bytes]:
    """Text as bytes, still in pieces: to join megabytes of it would hold up other threads."""
    return [piece.encode() for piece in pieces]


def _gzipped(pieces: Iterable[bytes]) -> list[bytes]:
    packer = zlib.compressobj(_COMPRESSION, wbits=_GZIP)
    return [*(packer.compress(piece) for piece in pieces), packer.flush()]


def _accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding takes gzip; `gzip;q=0` says that it does not."""
    for part in header.split(","):
        coding, *parameters = (word.strip() for word in part.split(";"))
        if coding == "gzip":
            return not any(word.replace(" ", "") in ("q=0", "q=0.0") for word in parameters)
    return False
