"""The command `python -m exporter_stub fault`: rehearse one on a running exporter."""

import argparse
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contract.file import ConfigError
from contract.metrics import Component
from exporter_stub import control
from exporter_stub.arguments import duration, number, port, share
from exporter_stub.faults import Fault, FaultName

TIMEOUT = 10  # seconds to wait for the exporter's answer


class ControlError(Exception):
    """The exporter did not answer, or did not agree; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    what = parser.add_mutually_exclusive_group(required=True)
    told = "; ".join(f"{name}: {name.description}" for name in FaultName)
    what.add_argument("name", nargs="?", choices=[*FaultName], metavar="NAME", help=told)
    what.add_argument("--list", action="store_true", help="show which are on")
    what.add_argument("--clear", action="store_true", help="end all that are on")
    add = parser.add_argument
    add("--for", type=duration, dest="seconds", help="how long: 90s, 10m (10m)")
    add("--share", type=share, help="of the writes or runs that are hit (1)")
    add("--component", choices=[*Component], help="only its executions")
    add("--provider", help="only its executions; of new-model: its provider")
    add("--model", help="only its executions; of new-model: its name")
    add("--factor", type=number("factor", 1000), help="of token-spike (5)")
    add("--delay", type=duration, help="of slow-database (1s)")
    add("--control-port", type=port, default=control.PORT, help="of the exporter (%(default)s)")
    told = f"of the exporter: the token is there, unless {control.TOKEN_VARIABLE} is set"
    add("--data-dir", type=Path, default=Path(".data/exporter"), help=told)


def run(options: argparse.Namespace) -> int:
    """Tell the exporter, and print which faults are on."""
    print("\n".join(tell(options, os.environ)))
    return 0


def tell(options: argparse.Namespace, environment: Mapping[str, str]) -> list[str]:
    """Have an exporter do what `options` say; returns which faults are on then, a line each.

    Its token is in `environment`, else in its folder. Raises ConfigError for a fault that means
    nothing, or without a token, and ControlError where the exporter does not do it.
    """
    method, body = "DELETE" if options.clear else "GET", None
    if options.name:
        method, body = "POST", _fault(options)
    file = control.token_file(options.data_dir, options.control_port)
    token = control.read_token(file, environment)
    found = _answer(options.control_port, token, method, body)
    return [f"{one['fault']}: {one['seconds_left']} s left" for one in found] or ["no fault is on"]


def _fault(options: argparse.Namespace) -> bytes:
    given = {name: getattr(options, name) for name in Fault.model_fields}
    try:
        fault = Fault.model_validate({key: one for key, one in given.items() if one is not None})
    except ValidationError as error:
        raise ConfigError(f"fault: {control.explained(error)}") from None
    return fault.model_dump_json(exclude_unset=True).encode()


def _answer(number: int, token: str, method: str, body: bytes | None) -> list[dict[str, Any]]:
    """The faults that are on, as the exporter whose control port is `number` answers."""
    address = f"http://{control.HOST}:{number}{control.PATH}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": control.JSON}
    request = urllib.request.Request(address, body, headers, method=method)  # http
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this machine
    try:
        with direct.open(request, timeout=TIMEOUT) as answer:
            return list(json.load(answer))
    except urllib.error.HTTPError as error:
        reason = f"{error}; is it an exporter's control port?"
        with suppress(ValueError, KeyError, TypeError):
            reason = json.load(error)["error"]
        raise ControlError(f"{address} refused: {reason}") from None
    except (ValueError, HTTPException):
        raise ControlError(f"{address} is no exporter's control port") from None
    except OSError as error:
        reason = str(getattr(error, "reason", error))
        raise ControlError(
            f"{address} does not answer ({reason}): start the exporter with --control-port {number}"
        ) from None
