"""The control endpoint, which begins and ends faults (loopback and token), and its command."""

import argparse
import hmac
import json
import os
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from wsgiref.types import WSGIApplication

from werkzeug.wrappers import Request, Response

from contract.file import ConfigError
from contract.validation import validated
from exporter_stub.faults import OPTIONS, Fault, FaultName, Faults
from exporter_stub.process import port

HOST = "127.0.0.1"
PORT = 5002  # one above Compozy's own
TOKEN_VARIABLE = "EXPORTER_CONTROL_TOKEN"  # noqa: S105  # a variable's name, no secret
TOKEN_FILE = "control-token-{}"  # noqa: S105  # a name with the port, below the data folder
PATH = "/faults"
JSON = "application/json"


def control_app(faults: Faults, token: str) -> WSGIApplication:
    """With `token`, GET lists the active faults, POST begins one, and DELETE ends them.

    The answer is JSON: a list with a text for each active fault, or why it was refused.
    """

    def answer(request: Request) -> tuple[HTTPStatus, list[str] | str]:
        given = request.headers.get("Authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            return HTTPStatus.UNAUTHORIZED, "the token is missing, or another one"
        if request.path != PATH:
            return HTTPStatus.NOT_FOUND, f"there is only {PATH}"
        match request.method:
            case "GET":
                pass
            case "DELETE":
                faults.clear()
            case "POST":
                try:
                    faults.ask(validated(Fault.model_validate_json, request.get_data(), "fault"))
                except (ConfigError, ValueError) as error:
                    return HTTPStatus.UNPROCESSABLE_ENTITY, str(error)
            case _:
                return HTTPStatus.METHOD_NOT_ALLOWED, "GET, POST or DELETE"
        return HTTPStatus.OK, faults.told()

    @Request.application
    def respond(request: Request) -> Response:
        status, content = answer(request)
        return Response(json.dumps(content), status, content_type=JSON)

    return respond


def add_fault(parser: argparse.ArgumentParser) -> None:
    """Define the arguments that name a fault and its options, or list or end the faults."""
    what = parser.add_mutually_exclusive_group(required=True)
    told = "; ".join(f"{name}: {name.description}" for name in FaultName)
    names = [name.value for name in FaultName]  # messages show them as they are written
    what.add_argument("name", nargs="?", choices=names, metavar="NAME", help=told)
    what.add_argument("--list", action="store_true", help="show which are on")
    what.add_argument("--clear", action="store_true", help="end all but the traffic's own")
    for name, described in OPTIONS.items():
        parser.add_argument(f"--{name}", help=described)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the arguments of the command."""
    add_fault(parser)
    add = parser.add_argument
    add("--control-port", type=port, default=PORT, help="of the exporter (%(default)s)")
    told = f"of the exporter: the token is there, unless {TOKEN_VARIABLE} is set"
    add("--data-dir", type=Path, default=Path(".data/exporter"), help=told)


def run(options: argparse.Namespace) -> None:
    """Rehearse a fault on a running exporter that has a --control-port; it ends by itself."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    print("\n".join(ask(options.data_dir, options.control_port, *asked(options), token=token)))


def asked(options: argparse.Namespace) -> tuple[str, Fault | None]:
    """The method that does what `options` say, and the fault that begins, if one does.

    Raises ConfigError for an invalid fault.
    """
    if not options.name:
        return "DELETE" if options.clear else "GET", None
    every = {name: getattr(options, name) for name in ("name", *OPTIONS)}
    given = {name: value for name, value in every.items() if value is not None}
    return "POST", validated(Fault.model_validate, given, options.name)


def ask(
    folder: Path, number: int, method: str, fault: Fault | None = None, *, token: str = ""
) -> list[str]:
    """The faults that are active once an exporter, whose control port is `number`, did `method`.

    Without a `token`, that of its data `folder` is used. Raises ConfigError where there is none,
    and OSError where the exporter does not do it.
    """
    file = folder / TOKEN_FILE.format(number)
    try:
        token = token or file.read_text()
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read ({error.strerror}): start the exporter with "
            f"--control-port, give its --data-dir, or set {TOKEN_VARIABLE}"
        ) from None
    address = f"http://{HOST}:{number}{PATH}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": JSON}
    body = fault.model_dump_json(exclude_unset=True).encode() if fault else None
    try:
        with closing(HTTPConnection(HOST, number, timeout=10)) as connection:
            connection.request(method, PATH, body, headers)
            answer = json.load(connection.getresponse())
    except OSError as error:
        start = f"start the exporter with --control-port {number}"
        raise OSError(f"{address} does not answer ({error}): {start}") from None
    except (ValueError, HTTPException):
        answer = None
    if isinstance(answer, list):
        return answer or ["no fault is on"]
    said = f"refused: {answer}" if isinstance(answer, str) else "is no exporter's control port"
    raise OSError(f"{address} {said}")
