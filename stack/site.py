"""The HTTP server of the page and the pager, on one port on loopback."""

import logging
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from preview.page import Source, application
from stack.pager import MOST, PATH, Pager
from stack.ports import HOST, Ports, address
from stack.supervisor import StackError
from tools.http import answers


@contextmanager
def served(port: int, pager: Pager, source: Source | None = None) -> Iterator[str]:
    """Serve notifications for `pager`, and the page of `source`, if any; yields its address.

    Raises StackError if something else has taken `port` in the meantime.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    app = application(source) if source else Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST
    app.post(PATH)(pager.answer)
    try:
        server = make_server(HOST, port, app, threaded=True)
    except (OSError, SystemExit):
        raise StackError(f"port {port} (PAGE_PORT) is in use") from None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{address(port)}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pages(ports: Ports) -> dict[str, str]:
    """The pages of the parts that can be opened in a browser, by the part's name."""
    known = (  # name, port, its page, and a path that answers if the page works
        ("Prometheus", ports.prometheus_port, "/alerts", "/alerts"),
        ("Prometheus", ports.prometheus_port, "/classic/alerts", "/classic/alerts"),  # Debian's
        ("Alertmanager", ports.alertmanager_port, "/", "/script.js"),  # Debian's has no script
        ("exporter", ports.exporter_port, "/metrics", "/metrics"),
        ("replica", ports.replica_port, "/metrics", "/metrics"),
    )
    found: dict[str, str] = {}
    for name, port, page, proof in known:
        if name not in found and answers(f"http://{address(port)}{proof}"):
            found[name] = f"http://{address(port)}{page}"
    return found


def hook(port: int) -> str:
    """The address for notifications of the server on `port`."""
    return f"http://{address(port)}{PATH}"


def announced(page: str, *, browser: bool) -> str:
    """The message with the address `page`, which is opened in a `browser` if that is requested."""
    if not browser:
        return f"page: {page}"
    opened = "opened in a browser" if webbrowser.open(page) else "no browser to open it with"
    return f"page: {page} ({opened})"
