"""The ports of the stack: each has a make variable, and none may be in use."""

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from stack.supervisor import marked
from tools import ToolError
from tools.files import replace
from tools.http import answers

HOST = "127.0.0.1"
HIGHEST = 65_535
_FILE = "ports.json"
_OFFSETS = range(100, 5000, 100)
_UNRESERVED = 1024
"""The first port that every user may listen on."""

_PARTS = (
    # name, port, what answers while it is healthy, its page, and what answers if that works
    ("page", "page_port", "/", "", ""),
    ("Prometheus", "prometheus_port", "/-/ready", "/alerts", "/alerts"),  # Debian's is elsewhere
    ("Alertmanager", "alertmanager_port", "/-/ready", "/", "/script.js"),  # Debian's has no script
    ("exporter", "exporter_port", "/readyz", "/metrics", "/metrics"),
    ("replica", "replica_port", "/readyz", "/metrics", "/metrics"),
)


@dataclass(frozen=True)
class Ports:
    """The port of each part on loopback. A field's name in capitals is its make variable."""

    exporter_port: int = 5001
    control_port: int = 5002
    replica_port: int = 5011
    replica_control_port: int = 5012
    prometheus_port: int = 9090
    alertmanager_port: int = 9093
    page_port: int = 9095

    @classmethod
    def chosen(cls, given: Mapping[str, Any]) -> Self:
        """The ports that are `given`; the others are their defaults plus a given `port_offset`.

        Raises ToolError if a port is out of range, or two are the same.
        """
        offset, defaults = given.get("port_offset", 0), asdict(cls())
        every = {name: given.get(name) or default + offset for name, default in defaults.items()}
        seen: dict[int, str] = {}
        for name, port in every.items():
            if port in seen:
                raise ToolError(f"{seen[port]} and {name.upper()} are both {port}")
            if not 0 < port <= HIGHEST:
                raise ToolError(f"{name.upper()} is {port}: no port, choose another PORT_OFFSET")
            seen[port] = name.upper()
        return cls(**every)

    @property
    def exporters(self) -> dict[str, tuple[int, int]]:
        """The replicas by name, each with its ports for metrics and for faults."""
        return {
            "exporter": (self.exporter_port, self.control_port),
            "replica": (self.replica_port, self.replica_control_port),
        }

    def refuse_taken(self) -> None:
        """Raise ToolError if any are in use."""
        taken = {port: name.upper() for name, port in asdict(self).items() if is_taken(port)}
        if taken:
            raise in_use(taken)

    def write(self, folder: Path) -> None:
        """Write them to `folder`, for `read`."""
        replace(folder / _FILE, json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The ports of `folder`'s stack. Raises ToolError if they are not known."""
        try:
            return cls(**json.loads((folder / _FILE).read_text()))
        except (OSError, ValueError, TypeError):
            raise ToolError(f"{folder}: its ports are not known yet: try again") from None

    def health(self) -> dict[str, str]:
        """For each part the address that answers while it is healthy."""
        return {name: self._url(part, path) for name, part, path, *_ in _PARTS}

    def pages(self) -> dict[str, str]:
        """The pages that can be opened in a browser by now, by the part's name."""
        return {
            name: self._url(part, page)
            for name, part, _, page, proof in _PARTS
            if proof and answers(self._url(part, proof))
        }

    def _url(self, part: str, path: str) -> str:
        return f"http://{address(getattr(self, part))}{path}"


def in_use(taken: Mapping[int, str]) -> ToolError:
    """The error for ports that are `taken`, each with its variable.

    It says what to do: `make down`, if another stack has them, or other ports.
    """
    told = ", ".join(f"{port} ({variable})" for port, variable in taken.items())
    advice = "stop what listens there"
    if any(port < _UNRESERVED for port in taken):
        advice += f" (below {_UNRESERVED} only root may listen)"
    for folder in {folder for _, folder in marked()}:
        with suppress(ToolError):
            if not taken.keys().isdisjoint(asdict(Ports.read(folder)).values()):
                advice = f"a stack in {folder} has them: end it with `make down` there"
    defaults = asdict(Ports()).values()
    free = (one for one in _OFFSETS if not any(is_taken(port + one) for port in defaults))
    elsewhere = f"move all ports: PORT_OFFSET={next(free, 'another number')}"
    return ToolError(f"in use: port {told}: {advice}, or {elsewhere}")


def address(port: int) -> str:
    """host:port of a part."""
    return f"{HOST}:{port}"


def is_taken(port: int) -> bool:
    """Whether something listens on `port`, or we may not use it."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return True
    return False
