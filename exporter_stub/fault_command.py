"""The command `python -m exporter_stub fault`: rehearse one on a running exporter."""

import argparse
import json
import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contract.file import ConfigError
from contract.metrics import Component
from exporter_stub import control
from exporter_stub.arguments import duration, number, port
from exporter_stub.faults import DESCRIPTIONS, Fault, FaultName

TIMEOUT = 10
"""Seconds to wait for the exporter's answer."""

_VALUES = ("seconds", "share", "component", "provider", "model", "factor", "delay")


class ControlError(Exception):
    """The exporter did not answer, or did not agree; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "name",
        nargs="?",
        type=FaultName,
        metavar="NAME",
        help="; ".join(f"{name}: {text}" for name, text in DESCRIPTIONS.items()),
    )
    what.add_argument("--list", action="store_true", help="show which are on")
    what.add_argument("--clear", action="store_true", help="end all that are on")
    parser.add_argument("--for", type=duration, dest="seconds", help="how long: 90s, 10m (10m)")
    parser.add_argument(
        "--share", type=number("share", 1), help="of the writes or runs that are hit (1)"
    )
    parser.add_argument("--component", choices=[*Component], help="only its executions")
    parser.add_argument("--provider", help="only its executions; of new-model: its provider")
    parser.add_argument("--model", help="only its executions; of new-model: its name")
    parser.add_argument("--factor", type=number("factor", 1000), help="of token-spike (5)")
    parser.add_argument("--delay", type=duration, help="of slow-database (1s)")
    parser.add_argument(
        "--control-port", type=port, default=control.PORT, help="of the exporter (%(default)s)"
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".data/exporter"),
        help=f"of the exporter: the token is there, unless {control.TOKEN_VARIABLE} is set",
    )


def run(options: argparse.Namespace) -> int:
    """Ask the exporter, and print which faults are on."""
    token = control.read_token(
        control.token_file(options.data_dir, options.control_port), os.environ
    )
    if options.list:
        found = ask(options.control_port, token, "GET")
    elif options.clear:
        found = ask(options.control_port, token, "DELETE")
    else:
        found = ask(options.control_port, token, "POST", _fault(options))
    for one in found:
        print(f"{one['fault']}: {one['seconds_left']} s left")
    if not found:
        print("no fault is on")
    return 0


def _fault(options: argparse.Namespace) -> bytes:
    given = {name: getattr(options, name) for name in _VALUES}
    values = {name: value for name, value in given.items() if value is not None}
    try:
        fault = Fault(name=options.name, **values)
    except ValidationError as error:
        raise ConfigError(f"fault: {control.explained(error)}") from None
    return fault.model_dump_json(include=set(values) | {"name"}).encode()


def ask(number: int, token: str, method: str, body: bytes | None = None) -> list[dict[str, Any]]:
    """What the exporter whose control port is `number` answers: the faults that are on then.

    Raises ControlError where it does not answer, or refuses.
    """
    address = f"http://{control.HOST}:{number}{control.PATH}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": control.JSON}
    request = urllib.request.Request(address, body, headers, method=method)  # http
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this machine
    try:
        with direct.open(request, timeout=TIMEOUT) as answer:
            return list(json.load(answer))
    except urllib.error.HTTPError as error:
        raise ControlError(f"{address} refused: {_reason(error)}") from None
    except (ValueError, HTTPException):
        raise ControlError(f"{address} is no exporter's control port") from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise ControlError(
            f"{address} does not answer ({reason}): start the exporter with --control-port {number}"
        ) from None


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"{error}; is it an exporter's control port?"
