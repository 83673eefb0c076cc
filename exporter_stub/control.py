"""The control endpoint: faults are begun, listed and ended here. Loopback only, with a token."""

import hmac
import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from pydantic import ValidationError

from contract.file import ConfigError
from exporter_stub.clock import Clock
from exporter_stub.faults import Fault, Faults
from exporter_stub.server import Handler, Server

HOST = "127.0.0.1"
PORT = 5002
"""One above Compozy's own."""

TOKEN_VARIABLE = "EXPORTER_CONTROL_TOKEN"  # noqa: S105  # a variable's name, no secret
PATH = "/faults"
JSON = "application/json"
_MOST = 10_000
"""Bytes of a request; a fault takes some hundred."""


def token_file(folder: Path, port: int) -> Path:
    """Where the token of the exporter with that control port is left for `fault` to find."""
    return folder / f"control-token-{port}"


def leave_token(file: Path, token: str) -> None:
    """Write `token` for the owner of `file` alone to read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)  # with its permissions, should an interrupted start have left it
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(token)
    fresh.rename(file)


def read_token(file: Path, environment: Mapping[str, str]) -> str:
    """The token of the environment, else that of `file`. Raises ConfigError without one."""
    if token := environment.get(TOKEN_VARIABLE, ""):
        return token
    try:
        return file.read_text()
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read ({error.strerror}): start the exporter with "
            f"--control-port, give its --data-dir, or set {TOKEN_VARIABLE}"
        ) from None


class ControlServer(Server):
    """Listens on loopback, for those who have the token."""

    def __init__(self, address: tuple[str, int], faults: Faults, clock: Clock, token: str) -> None:
        """Bind `address`, which is to be on HOST; raises OSError where it is taken."""
        self.faults = faults
        self.clock = clock
        self.token = token
        super().__init__(address, _ControlHandler)


class _ControlHandler(Handler):
    server: ControlServer

    def do_GET(self) -> None:
        if self._allowed():
            self._listed()

    def do_DELETE(self) -> None:
        if self._allowed():
            self.server.faults.clear()
            self._listed()

    def do_POST(self) -> None:
        if not self._allowed():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST:
            self._refuse(HTTPStatus.BAD_REQUEST, f"a fault takes up to {_MOST} bytes of JSON")
            return
        try:
            fault = Fault.model_validate_json(self.rfile.read(int(length)))
        except ValidationError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, explained(error))
            return
        self.server.faults.begin(fault)
        self._listed()

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "")
        allowed = hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode())
        if not allowed:
            self._refuse(HTTPStatus.UNAUTHORIZED, "the token is missing, or another one")
        elif self.path != PATH:
            self._refuse(HTTPStatus.NOT_FOUND, f"there is only {PATH}")
        return allowed and self.path == PATH

    def _listed(self) -> None:
        now = self.server.clock.now()
        found = [
            {"fault": str(one.fault), "seconds_left": round(one.end - now)}
            for one in self.server.faults.active()
        ]
        self.answer(HTTPStatus.OK, json.dumps(found).encode(), content_type=JSON)

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self.answer(status, json.dumps({"error": reason}).encode(), content_type=JSON)


def explained(error: ValidationError) -> str:
    """What is wrong with a fault, in words."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
