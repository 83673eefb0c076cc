"""HTTP: a server with limits, and the application that serves metrics and health."""

import logging
import re
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, make_wsgi_app
from waitress.channel import HTTPChannel
from waitress.server import create_server
from werkzeug.wrappers import Request, Response

from exporter_stub.metrics import UsageMetrics

HEALTH, READINESS = "/healthz", "/readyz"

PATIENCE = 20
"""Seconds for a whole request, and until an idle connection is closed. Longer than 15 s, so that
Prometheus keeps its connection between scrapes."""

_FORMAT = re.compile(
    r"application/openmetrics-text(;version=1\.0\.0)?(;(?!version=).*)?"
    r"|text/plain(;version=(0\.0\.4|1\.0\.0))?(;(?!version=).*)?|text/\*|\*/\*"
)
"""Media types of an Accept header that we can answer, the last two in the plain text format."""


class _Channel(HTTPChannel):
    """A client. While it sends a request slowly, it counts as idle since the request began."""

    def handle_read(self) -> None:
        began = self.last_activity if self.request is not None else None
        super().handle_read()
        if began is not None and self.request is not None:
            self.last_activity = began


def serve_http(host: str, port: int, application: WSGIApplication) -> int:
    """Serve `application` for as long as this process runs, and return the port.

    Raises OSError, with a text for users, if the address cannot be bound.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address, family=family)
    except OSError as error:
        why = str(error.strerror).split(" (while")[0]  # the address follows
        told = f"cannot listen on {host}:{port} ({why}): choose another address or port"
        raise OSError(told) from None
    server: Any = create_server(  # of the kind for one address
        application,
        sockets=[listening],
        threads=2,  # a scrape is computation, so more would not make it faster
        connection_limit=500,  # others wait in the kernel's queue
        backlog=1024,
        channel_timeout=PATIENCE,
        cleanup_interval=PATIENCE // 4,
        max_request_header_size=16_384,
        max_request_body_size=10_000,  # a fault takes some hundred bytes
        outbuf_overflow=2**26,  # bytes of an answer above which a file is used
        asyncore_use_poll=True,
        ident=None,
    )
    server.channel_class = _Channel
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # not its warnings
    threading.Thread(target=server.run, name=f"http-{port}", daemon=True).start()
    return int(listening.getsockname()[1])


def metrics_app(
    metrics: UsageMetrics, path: str | None, ready: Callable[[], bool]
) -> WSGIApplication:
    """Metrics under `path` (None: monitoring is off), liveness and readiness, and nothing else."""
    registry = CollectorRegistry()
    registry.register(metrics)
    exposition = make_wsgi_app(registry)

    @Request.application
    def respond(request: Request) -> Response:
        if request.path not in (path, HEALTH, READINESS):
            return Response("not found\n", HTTPStatus.NOT_FOUND)
        if request.method not in ("GET", "HEAD"):
            return Response(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        if request.path == path:
            response = Response.from_app(exposition, _negotiated(request), buffered=True)
            response.vary.update(("Accept", "Accept-Encoding"))
            return response
        if request.path == HEALTH:
            return Response("alive\n")
        if ready():
            return Response("ready\n")
        return Response("the database does not answer\n", HTTPStatus.SERVICE_UNAVAILABLE)

    return respond


def _negotiated(request: Request) -> WSGIEnvironment:
    """The environment with only the format and the encoding that the client prefers.

    prometheus_client takes the first that it knows, and reads neither q-values nor old versions.
    """
    ranked = sorted(request.accept_mimetypes, key=lambda one: -one[1])
    formats = (one.replace(" ", "") for one, quality in ranked if quality)
    return {
        **request.environ,
        "REQUEST_METHOD": "GET",  # of HEAD, werkzeug sends no body
        "HTTP_ACCEPT": next((one for one in formats if _FORMAT.fullmatch(one)), ""),
        "HTTP_ACCEPT_ENCODING": request.accept_encodings.best_match(("gzip", "identity"), ""),
    }
