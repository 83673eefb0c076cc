"""The HTTP side: metrics under the configured path, nothing anywhere else."""

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

LOG = logging.getLogger(__name__)


class MetricsServer(ThreadingHTTPServer):
    """Serves `registry` under `path`; with a path of None (monitoring is off) nothing is there."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], registry: CollectorRegistry, path: str | None
    ) -> None:
        """Bind `address`; raises OSError where it is taken."""
        self.registry = registry
        self.path = path
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    timeout = 10  # seconds a client may take over its request

    def do_GET(self) -> None:
        """Answer with the metrics, in the format that the client accepts."""
        if self.server.path is None or urlsplit(self.path).path != self.server.path:
            self._answer(HTTPStatus.NOT_FOUND, b"not found\n", "text/plain; charset=utf-8")
            return
        encoder, content_type = choose_encoder(self.headers.get("Accept", ""))
        self._answer(HTTPStatus.OK, encoder(self.server.registry), content_type)

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Requests go to the log at debug level: a scrape every few seconds is no news."""
        LOG.debug(format, *args)
