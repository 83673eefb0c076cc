"""A stand-in for the pager, which keeps Alertmanager's webhooks, on one server with the page."""

import logging
import math
import socket
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, request
from werkzeug.serving import make_server

from preview.page import Source, application
from preview.timeline import Event
from stack.ports import HOST, address, in_use

PATH = "/notifications"


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
    """Keeps all notices, oldest first."""

    notices: list[Notice] = field(default_factory=list)

    def answer(self) -> tuple[str, HTTPStatus]:
        """Take a notification; anything else is refused, which Alertmanager then logs."""
        try:
            self.take(request.get_json())
        except (ValueError, KeyError, TypeError) as error:
            return f"no notification: {error!r}\n", HTTPStatus.BAD_REQUEST
        return "", HTTPStatus.OK

    def take(self, notification: dict[str, Any]) -> None:
        """Keep the alerts of one notification."""
        now, group, receiver = time.time(), notification["groupLabels"], notification["receiver"]
        self.notices += [
            Notice(now, alert["status"], alert["labels"], alert["annotations"], group, receiver)
            for alert in notification["alerts"]
        ]

    def events(self) -> Iterator[Event]:
        """The notices as events, one for each alert, status and second."""
        told = {(math.ceil(one.when), one.labels["alertname"], one.status) for one in self.notices}
        for when, alert, status in sorted(told):
            kind = "paged" if status == "firing" else status
            yield Event(when, kind, f"{alert}: {kind}", alert)


@contextmanager
def served(port: int, pager: Pager, source: Source | None = None) -> Iterator[str]:
    """Serve notifications for `pager`, and the page of `source`, if any; yields its address.

    Raises ToolError if something else has taken `port` in the meantime.
    """
    app = application(source) if source else Flask(__name__)
    app.post(PATH)(pager.answer)
    with hosted(app, port) as page:
        yield f"{page}/"


@contextmanager
def hosted(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve `app` on `port`, or on one that is free; yields its address. Raises ToolError."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    try:
        listening = socket.create_server((HOST, port))
    except OSError:
        raise in_use({port: "PAGE_PORT"}) from None
    with listening:
        server = make_server(HOST, port, app, threaded=True, fd=listening.fileno())
    # Every 20 ms it looks whether it is to end: tests start and end many.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{address(server.port)}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hook(port: int) -> str:
    """The address for notifications of the server on `port`."""
    return f"http://{address(port)}{PATH}"


def announced(page: str, *, browser: bool) -> str:
    """The message with the address `page`, which is opened in a `browser` if that is requested."""
    if not browser:
        return f"page: {page}"
    opened = "opened in a browser" if webbrowser.open(page) else "no browser to open it with"
    return f"page: {page} ({opened})"
