"""A live Alertmanager: does it route as the checkout says, and reading its file anew."""

from typing import Any

import yaml

from sync.alertmanager_config import compare
from sync.changes import Change, Comparison
from sync.client import Client, LiveError
from sync.git import Checkout

_STATUS = "/api/v2/status"


class Alertmanager:
    """Compares by the status API, which shows the configuration with its secrets masked."""

    def __init__(self, client: Client, checkout: Checkout) -> None:
        """Compare what `client` reaches with `checkout`."""
        self._client = client
        self._checkout = checkout

    def compare(self) -> Comparison:
        """What differs. Raises LiveError or FileError."""
        return Comparison(tuple(compare(self._live(), self._checkout.alertmanager())))

    def apply(self, changes: tuple[Change, ...]) -> list[str]:
        """Have the file read again, and say so. Raises LiveError where it is refused."""
        del changes  # a reload may end any of them
        answer = self._client.ask("POST", "/-/reload", understood=(200, 404, 405, 500))
        server = self._client.server
        if answer.status == 500:
            raise LiveError(f"{server.name} at {server.url} keeps what it had: {answer.said}")
        if answer.status != 200:
            raise LiveError(
                f"{server.name} at {server.url} has no /-/reload ({answer.status}): is "
                f"{server.variable('URL')} its address, and does a proxy let the call pass?"
            )
        done = (
            "reloaded: it has read its file again; what differs still, differs in the file "
            "(copy cluster/alertmanager/alertmanager.yml to where its --config.file points)"
        )
        return [done]

    def _live(self) -> dict[str, Any]:
        found = self._client.get(_STATUS)
        try:
            document = yaml.safe_load(found["config"]["original"])
        except (KeyError, TypeError, AttributeError, yaml.YAMLError):
            document = None
        if not isinstance(document, dict) or "route" not in document:
            raise self._client.not_its_own(_STATUS)
        return document
