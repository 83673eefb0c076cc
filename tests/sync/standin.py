"""Local HTTP servers that stand in for real ones, and remember what they were asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; its path may end in a query."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered: `body` is JSON unless it is text already."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answering = Callable[[Asked], Reply]


@dataclass
class StandIn:
    """A running server."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    def of(self, method: str) -> list[Asked]:
        """The requests with that method."""
        return [each for each in self.asked if each.method == method]


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(answering: Answering) -> Iterator[StandIn]:
    """A server on loopback that answers by `answering`, until the block ends."""

    @Request.application
    def application(request: Request) -> Response:
        path = request.environ["REQUEST_URI"]  # with what is escaped in it
        body = request.get_data(as_text=True)
        asked = Asked(request.method, path, dict(request.headers), body)
        found.asked.append(asked)
        reply = answering(asked)
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        return Response(text, reply.status, reply.headers)

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    found = StandIn(f"http://127.0.0.1:{server.port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
