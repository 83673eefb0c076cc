"""The control endpoint: faults are begun, listed and ended here. Loopback only, with a token."""

import hmac
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from pydantic import ValidationError

from contract.file import ConfigError
from exporter_stub.faults import Fault, Faults
from exporter_stub.web import Response, application

HOST = "127.0.0.1"
PORT = 5002  # one above Compozy's own
TOKEN_VARIABLE = "EXPORTER_CONTROL_TOKEN"  # noqa: S105  # a variable's name, no secret
PATH = "/faults"
JSON = "application/json"


def token_file(folder: Path, port: int) -> Path:
    """Where the token of the exporter with that control port is left for `fault` to find."""
    return folder / f"control-token-{port}"


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


def control_app(faults: Faults, now: Callable[[], float], token: str) -> WSGIApplication:
    """GET lists the faults that are on, POST begins one, DELETE ends all: for who has `token`."""

    def respond(environ: WSGIEnvironment) -> Response:
        given = environ.get("HTTP_AUTHORIZATION", "").encode("latin-1")
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            return _refused(HTTPStatus.UNAUTHORIZED, "the token is missing, or another one")
        if environ["PATH_INFO"] != PATH:
            return _refused(HTTPStatus.NOT_FOUND, f"there is only {PATH}")
        match environ["REQUEST_METHOD"]:
            case "GET":
                pass
            case "DELETE":
                faults.clear()
            case "POST":
                try:
                    faults.ask(Fault.model_validate_json(environ["wsgi.input"].read()))
                except ValueError as error:  # pydantic's is one
                    return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, explained(error))
            case _:
                return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "GET, POST or DELETE")
        found = [
            {"fault": str(one.fault), "seconds_left": round(one.end - now())}
            for one in faults.active()
        ]
        return _json(HTTPStatus.OK, found)

    return application(respond)


def _refused(status: HTTPStatus, reason: str) -> Response:
    return _json(status, {"error": reason})


def _json(status: HTTPStatus, content: Any) -> Response:
    return Response(status, json.dumps(content).encode(), {"Content-Type": JSON})


def explained(error: ValueError) -> str:
    """What is wrong with a fault, in words."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
