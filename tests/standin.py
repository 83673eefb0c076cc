"""Local HTTP servers that stand in for real ones, and remember what they were asked."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Request, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

Reply = ResponseReturnValue
logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell each request


@dataclass
class StandIn:
    """A server, once it runs."""

    url: str = ""
    asked: list[Request] = field(default_factory=list)

    def of(self, method: str) -> list[Request]:
        """The requests with that method."""
        return [each for each in self.asked if each.method == method]


@contextmanager
def serving(answering: Callable[[Request], Reply]) -> Iterator[StandIn]:
    """A server on loopback that answers by `answering`, until the block ends."""
    found = answering if isinstance(answering, StandIn) else StandIn()
    app = Flask(__name__)

    @app.before_request
    def answer() -> Reply:
        request.get_data()  # while it can be read
        asked = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        found.asked.append(asked)
        return answering(asked)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    found.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
