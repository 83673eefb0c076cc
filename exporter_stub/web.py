"""HTTP: a server with limits, and the application that serves metrics and health."""

import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, make_wsgi_app
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from exporter_stub.metrics import UsageMetrics

HEALTH, READINESS = "/healthz", "/readyz"

# Requests at a time. A scrape is computation, so more threads would not make it faster.
THREADS = 2
CONNECTIONS = 500  # clients at once; others wait in the kernel's queue of 1,024
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


class Server(TcpWSGIServer):
    """Serves a WSGI application while its `with` block lasts."""

    channel_class = _Channel
    trigger: Any  # this and the next two are attributes of waitress without types
    effective_port: str
    _map: dict[int, Any]

    def __init__(self, host: str, port: int, application: WSGIApplication) -> None:
        """Bind the address. Raises OSError if that is not possible."""
        try:
            adjustments = Adjustments(
                host=host,
                port=port,
                threads=THREADS,
                backlog=1024,
                connection_limit=CONNECTIONS,
                channel_timeout=PATIENCE,
                cleanup_interval=PATIENCE // 4,
                max_request_header_size=16_384,
                max_request_body_size=10_000,  # a fault takes some hundred bytes
                outbuf_overflow=2**26,  # bytes of an answer above which a file is used
                asyncore_use_poll=True,
                ident=None,
            )
        except ValueError:
            raise socket.gaierror(0, "no such host") from None
        super().__init__(application, adj=adjustments)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # not its warnings
        self._thread = threading.Thread(target=self.run, name=f"http-{port}", daemon=True)

    def __enter__(self) -> Self:
        """Start to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving and close all connections, in the thread that serves."""
        # The lock keeps the thread, which may be awake already, from closing the trigger first.
        with self.trigger.lock:
            self.trigger.thunks.append(lambda: wasyncore.close_all(self._map))
            self.trigger.pull_trigger()
        self._thread.join(1)
        self.task_dispatcher.shutdown(timeout=1)

    @property
    def bound(self) -> int:
        """The port that it listens on."""
        return int(self.effective_port)


class Response(NamedTuple):
    """An answer: a status, a whole body, and headers other than its length."""

    status: HTTPStatus
    body: bytes
    headers: dict[str, str] = {"Content-Type": "text/plain; charset=utf-8"}  # noqa: RUF012  # a tuple's


def application(respond: Callable[[WSGIEnvironment], Response]) -> WSGIApplication:
    """The WSGI application with the answers of `respond`; HEAD is GET without the body."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        head = environ["REQUEST_METHOD"] == "HEAD"
        status, body, headers = respond({**environ, "REQUEST_METHOD": "GET"} if head else environ)
        length = ("Content-Length", str(len(body)))
        start(f"{status.value} {status.phrase}", [*headers.items(), length])
        return [] if head else [body]

    return answer


def metrics_app(
    metrics: UsageMetrics, path: str | None, ready: Callable[[], bool]
) -> WSGIApplication:
    """Metrics under `path` (None: monitoring is off), liveness and readiness, and nothing else."""
    registry = CollectorRegistry()
    registry.register(metrics)
    exposition = make_wsgi_app(registry)

    def respond(environ: WSGIEnvironment) -> Response:
        asked = environ["PATH_INFO"]
        if asked not in (path, HEALTH, READINESS):
            return Response(HTTPStatus.NOT_FOUND, b"not found\n")
        if environ["REQUEST_METHOD"] != "GET":
            allowed = {"Allow": "GET, HEAD"}
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, b"", allowed)
        if asked == path:
            return _called(exposition, negotiated(environ))
        if asked == HEALTH:
            return Response(HTTPStatus.OK, b"alive\n")
        if ready():
            return Response(HTTPStatus.OK, b"ready\n")
        return Response(HTTPStatus.SERVICE_UNAVAILABLE, b"the database does not answer\n")

    return application(respond)


def _called(exposition: WSGIApplication, environ: WSGIEnvironment) -> Response:
    headers = {"Vary": "Accept, Accept-Encoding"}

    def start(_: str, given: list[tuple[str, str]], *__: Any) -> Callable[[bytes], object]:
        headers.update(given)
        return lambda _: None

    return Response(HTTPStatus.OK, b"".join(exposition(environ, start)), headers)


def negotiated(environ: WSGIEnvironment) -> WSGIEnvironment:
    """`environ` with only the format and the encoding that the client prefers.

    prometheus_client takes the first that it knows, and reads neither q-values nor old versions.
    """
    formats = _preferred(environ.get("HTTP_ACCEPT", ""))
    encodings = _preferred(environ.get("HTTP_ACCEPT_ENCODING", ""))
    return {
        **environ,
        "HTTP_ACCEPT": next((one for one in formats if _FORMAT.fullmatch(one)), ""),
        "HTTP_ACCEPT_ENCODING": next((one for one in encodings if one in ("gzip", "identity")), ""),
    }


def _preferred(header: str) -> list[str]:
    """The accepted values of an Accept header without q, in order of preference."""
    wanted = []
    for one in header.lower().replace(" ", "").split(","):
        value, *found = re.split(r";q=([\d.]*)", one, maxsplit=1)
        quality = float(found[0] or 0) if found and found[0].count(".") < 2 else float(not found)
        wanted.append((quality, value + "".join(found[1:])))
    ranked = sorted(wanted, key=lambda one: -one[0])
    return [value for quality, value in ranked if quality > 0]
