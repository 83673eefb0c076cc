"""The ports of the stack: each has a variable of make's, and none may be taken."""

import errno
import json
import socket
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from stack.supervisor import StackError
from tools.files import replace

HOST = "127.0.0.1"
_FILE = "ports.json"


@dataclass(frozen=True)
class Ports:
    """Where each part listens on loopback. A field's name in capitals is make's variable."""

    exporter_port: int = 5001
    control_port: int = 5002
    replica_port: int = 5011
    replica_control_port: int = 5012
    prometheus_port: int = 9090
    alertmanager_port: int = 9093
    pager_port: int = 9095

    def refuse_taken(self) -> None:
        """Raise StackError where one is in use, or two are the same."""
        seen: dict[int, str] = {}
        for field, port in asdict(self).items():
            variable = field.upper()
            if port in seen:
                raise StackError(f"{seen[port]} and {variable} are both {port}")
            seen[port] = variable
        for port, variable in seen.items():
            _refuse_taken(variable, port)

    def write(self, folder: Path) -> None:
        """Leave them in `folder`, for `read`."""
        replace(folder / _FILE, json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Those of the stack of `folder`. Raises StackError where they are not known."""
        try:
            return cls(**json.loads((folder / _FILE).read_text()))
        except (OSError, ValueError, TypeError):
            raise StackError(f"{folder}: its ports are not known yet: try again") from None

    def health(self) -> dict[str, str]:
        """Of each part, the address that answers while it is well."""
        return {
            "exporter": f"http://{address(self.exporter_port)}/readyz",
            "replica": f"http://{address(self.replica_port)}/readyz",
            "Prometheus": f"http://{address(self.prometheus_port)}/-/ready",
            "Alertmanager": f"http://{address(self.alertmanager_port)}/-/ready",
        }


def address(port: int) -> str:
    """host:port of a part."""
    return f"{HOST}:{port}"


def _refuse_taken(variable: str, port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"({error.strerror})"
            raise StackError(
                f"port {port} {reason}: stop what listens there, or choose another port, for "
                f"example {variable}={port + 10000 if port < 50000 else port - 10000}"
            ) from None
