"""Local HTTP servers that stand in for real ones, and remember what they were asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Request, request
from flask.typing import ResponseReturnValue

from stack.pager import hosted

Reply = ResponseReturnValue


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

    with hosted(app) as found.url:
        yield found
