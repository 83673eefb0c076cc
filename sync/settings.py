"""The servers' addresses and credentials, which come from the environment only.

Nothing comes from the command line, which other users of a machine can read. Errors name the
variable, and never its secret.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from contract.file import ConfigError
from sync.client import Client

PLAIN_HTTP = "SYNC_PLAIN_HTTP"
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_ADDRESS = re.compile(r"https?://(\[[\da-fA-F:.]+\]|[^\s/@?#:\[\]]+)(:\d{1,5})?(/[^\s?#]*)?")


@dataclass(frozen=True)
class Settings:
    """The settings from the environment: the servers that have an address, by name."""

    servers: Mapping[str, Client]
    grafana_alerts: bool
    """Whether to compare Grafana's own alert rules even if none of them is live yet."""

    def secrets(self) -> list[str]:
        """Every secret, to hide them in the output; the longest first, as one may hold another."""
        servers = self.servers.values()
        found = [text for one in servers for text in (one.token, one.password, one.basic) if text]
        return sorted(found, key=len, reverse=True)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings. Raises ConfigError if no server is named, or a variable is invalid."""
    plain = _flag(environment, PLAIN_HTTP)
    names = ("Prometheus", "Alertmanager", "Grafana")
    servers = {name: _server(name, environment, plain=plain) for name in names}
    named = {name: server for name, server in servers.items() if server}
    if not named:
        raise ConfigError(
            "no server is named: set PROMETHEUS_URL, ALERTMANAGER_URL, GRAFANA_URL, or some of "
            "them, for example PROMETHEUS_URL=http://localhost:9090"
        )
    return Settings(named, _flag(environment, "GRAFANA_ALERTS"))


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "").strip().lower()
    if value not in {"yes", "true", "1", "", "no", "false", "0"}:
        raise ConfigError(f"{name} is neither yes nor no: set it to yes, or unset it")
    return value in {"yes", "true", "1"}


def _server(name: str, environment: Mapping[str, str], *, plain: bool) -> Client | None:
    """The server `name`, or None if its address is not set."""
    prefix = name.upper()
    url, token, user, password = (
        environment.get(f"{prefix}_{what}", "").strip()
        for what in ("URL", "TOKEN", "USER", "PASSWORD")
    )
    if not url:
        return None
    try:
        host = _host(url)
    except ValueError:
        raise ConfigError(
            f"{prefix}_URL is no address such as http://localhost:9090 or https://host/prefix: it "
            f"has no query, and no user or password ({prefix}_USER and {prefix}_PASSWORD are for "
            "them, since addresses are printed)"
        ) from None
    # A header allows no other characters, and the library's error would print the token.
    if re.search(r"[^!-~]", token):
        raise ConfigError(
            f"{prefix}_TOKEN has a space or a sign that no token has: copy it again, alone"
        )
    if bool(user) != bool(password):
        missing = "PASSWORD" if user else "USER"
        raise ConfigError(f"{prefix}_{missing} is not set, and the other half is: set both")
    # Grafana may have both: its admin API needs a user, everything else a token.
    if token and user and name != "Grafana":
        raise ConfigError(f"{prefix}_TOKEN and {prefix}_USER are both set: unset one of them")
    readable = url.startswith("http:") and not _LOOPBACK.fullmatch(host)
    if readable and (token or password) and not plain:
        raise ConfigError(
            f"{prefix}_{'TOKEN' if token else 'PASSWORD'} would go to {host} over plain http, "
            f"where everyone on the way can read it: use https in {prefix}_URL, or a tunnel to "
            f"localhost; where the network itself encrypts (a mesh), set {PLAIN_HTTP}=yes"
        )
    return Client(name, url.rstrip("/"), token, user, password)


def _host(url: str) -> str:
    """The host of an address. Raises ValueError if that is none."""
    if not _ADDRESS.fullmatch(url):
        raise ValueError(url)
    host = urlsplit(url).hostname or ""
    host.encode("idna")  # as it is when a connection is made
    return host
