"""The servers' addresses and credentials, which come from the environment only.

Nothing comes from the command line, which other users of a machine can read. Errors name the
variable, and never its secret.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from contract.file import ConfigError
from sync.client import Client

PLAIN_HTTP = "SYNC_PLAIN_HTTP"
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_ADDRESS = re.compile(r"https?://(\[[\da-fA-F:.]+\]|[^\s/@?#:\[\]]+)(:\d{1,5})?(/[^\s?#]*)?")


def servers(environment: Mapping[str, str], *names: str) -> list[Client]:
    """Those of the servers `names` that have an address, in this order.

    Raises ConfigError if none has, or a variable is invalid.
    """
    plain = flag(environment, PLAIN_HTTP)
    found = [_server(name, environment, plain=plain) for name in names]
    if named := [server for server in found if server]:
        return named
    variables = " or ".join(f"{name.upper()}_URL" for name in names)
    raise ConfigError(f"no server is named: set {variables}, for example to https://host/prefix")


def flag(environment: Mapping[str, str], name: str) -> bool:
    """Whether the variable `name` is yes. Raises ConfigError if it is neither yes nor no."""
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
