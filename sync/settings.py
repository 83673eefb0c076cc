"""Which servers there are and how they are entered: from the environment alone.

Nothing comes from the command line, which other users of a machine can read.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

_YES = {"yes", "true", "1"}
_NO = {"", "no", "false", "0"}
PLAIN_HTTP = "SYNC_PLAIN_HTTP"
GRAFANA_ALERTS = "GRAFANA_ALERTS"


class SettingsError(Exception):
    """The environment is not usable; the message names the variable, and never its secret."""


@dataclass(frozen=True)
class Server:
    """A server's address, without a slash at its end, and what we are let in by."""

    name: str
    url: str
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def pair(self) -> str:
        """User and password as they are sent; empty where there are none."""
        return b64encode(f"{self.user}:{self.password}".encode()).decode() if self.user else ""

    def variable(self, what: str) -> str:
        """The environment variable that says `what` (URL, TOKEN, ...) of this server."""
        return f"{self.name.upper()}_{what}"


@dataclass(frozen=True)
class Settings:
    """All that the environment says; a server that it does not name is None."""

    prometheus: Server | None
    alertmanager: Server | None
    grafana: Server | None
    grafana_alerts: bool
    """Whether Grafana's own alert rules are wanted where none of them is live yet."""

    def secrets(self) -> tuple[str, ...]:
        """Every secret that was given, for hiding them in what is printed."""
        servers = (self.prometheus, self.alertmanager, self.grafana)
        given = (text for one in servers if one for text in (one.token, one.password, one.pair))
        return tuple(text for text in given if text)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings. Raises SettingsError where no server is named, or one not as it must be."""
    plain = _flag(environment, PLAIN_HTTP)
    servers = {
        name: _server(name, environment, plain=plain)
        for name in ("Prometheus", "Alertmanager", "Grafana")
    }
    if not any(servers.values()):
        raise SettingsError(
            "no server is named: set PROMETHEUS_URL, ALERTMANAGER_URL, GRAFANA_URL, or some of "
            "them, for example PROMETHEUS_URL=http://localhost:9090"
        )
    return Settings(
        servers["Prometheus"],
        servers["Alertmanager"],
        servers["Grafana"],
        _flag(environment, GRAFANA_ALERTS),
    )


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "").strip().lower()
    if value not in _YES | _NO:
        raise SettingsError(f"{name} is neither yes nor no: set it to yes, or unset it")
    return value in _YES


def _server(name: str, environment: Mapping[str, str], *, plain: bool) -> Server | None:
    """The server `name`, or None where its address is not set."""
    prefix = name.upper()
    given = {
        what: environment.get(f"{prefix}_{what}", "").strip()
        for what in ("URL", "TOKEN", "USER", "PASSWORD")
    }
    if not given["URL"]:
        return None
    address = _address(f"{prefix}_URL", given["URL"])
    _check_entry(prefix, given)
    secret = given["TOKEN"] or given["PASSWORD"]
    if secret and address.scheme == "http" and not _is_loopback(address.hostname) and not plain:
        what = "TOKEN" if given["TOKEN"] else "PASSWORD"
        raise SettingsError(
            f"{prefix}_{what} would go to {address.hostname} over plain http, where everyone on "
            f"the way can read it: use https in {prefix}_URL, or a tunnel to localhost; where the "
            f"network itself encrypts (a mesh), set {PLAIN_HTTP}=yes"
        )
    url = given["URL"].rstrip("/")
    return Server(name, url, given["TOKEN"], given["USER"], given["PASSWORD"])


def _address(variable: str, url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        _ = address.port  # raises where it is no number
    except ValueError:
        raise SettingsError(f"{variable} is no address: {_EXAMPLE}") from None
    if "@" in address.netloc:
        raise SettingsError(
            f"{variable} holds a user or password, and addresses are printed: take them out, and "
            f"set {variable.replace('_URL', '_USER')} and {variable.replace('_URL', '_PASSWORD')}"
        )
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise SettingsError(f"{variable} is no http or https address: {_EXAMPLE}")
    if address.query or address.fragment:
        raise SettingsError(f"{variable} has a query or fragment: leave what follows ? or # out")
    return address


_EXAMPLE = "write it as http://localhost:9090, or https://host/prefix"


def _check_entry(prefix: str, given: Mapping[str, str]) -> None:
    """Raise SettingsError where the ways in are given by halves, or twice."""
    # A header takes no more than this, and the library's message would print the token.
    if re.search(r"[^!-~]", given["TOKEN"]):
        raise SettingsError(
            f"{prefix}_TOKEN has a space or a sign that no token has: copy it again, alone"
        )
    if bool(given["USER"]) != bool(given["PASSWORD"]):
        missing = "PASSWORD" if given["USER"] else "USER"
        raise SettingsError(f"{prefix}_{missing} is not set, and the other half is: set both")
    # Grafana takes both: its admin API wants a user where all else wants a token.
    if given["TOKEN"] and given["USER"] and prefix != "GRAFANA":
        raise SettingsError(f"{prefix}_TOKEN and {prefix}_USER are both set: unset one of them")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
