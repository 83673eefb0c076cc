"""A live Prometheus: are its rules those of the checkout, and reading its files anew."""

from pydantic import ValidationError

from sync.changes import Change, Comparison
from sync.client import Client, LiveError
from sync.expressions import Formatter
from sync.git import ALERTS, Checkout
from sync.prometheus_rules import Group, compare

_RULES = "/api/v1/rules"


class Prometheus:
    """Compares by the rules API. Prometheus takes rules from files alone, so it is told to read."""

    def __init__(self, client: Client, checkout: Checkout) -> None:
        """Compare what `client` reaches with `checkout`."""
        self._client = client
        self._checkout = checkout

    def compare(self) -> Comparison:
        """What differs. Raises LiveError or FileError."""
        formatter = Formatter(self._client)
        changes = compare(self._live(), self._git(), formatter.both)
        note = "has no format_query: expressions are compared as text, without spaces and comments"
        return Comparison(tuple(changes), (note,) if formatter.as_text else ())

    def apply(self, changes: tuple[Change, ...]) -> list[str]:
        """Have the files read again, unless that could end no change; say what was done."""
        if not any(change.mendable for change in changes):
            return ["no reload: reading the files again would change none of this"]
        answer = self._client.ask("POST", "/-/reload", understood=(200, 403, 404, 405, 500))
        if answer.status == 200:
            done = (
                "reloaded: it has read its rule files again; what differs still, differs in them "
                "(copy cluster/grafana/alerts/ to where its rule_files points)"
            )
            return [done]
        server = self._client.server
        if answer.status == 500:
            raise LiveError(f"{server.name} at {server.url} keeps what it had: {answer.said}")
        if answer.status == 404:
            raise LiveError(
                f"{server.name} at {server.url} has no /-/reload: it takes rules in another way "
                "(Mimir and Cortex by `mimirtool rules sync`), or a proxy holds the call back"
            )
        raise LiveError(
            f"{server.name} at {server.url} does not let itself be reloaded ({answer.status}: "
            f"{answer.said}): start it with --web.enable-lifecycle, or send its process a SIGHUP; "
            f"where a proxy refused, {server.variable('TOKEN')} must be allowed POST /-/reload"
        )

    def _git(self) -> list[Group]:
        try:
            return [Group.of_file(group) for group in self._checkout.rule_groups()]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._checkout.not_as_built(ALERTS, error) from None

    def _live(self) -> list[Group]:
        found = self._client.get(_RULES, exclude_alerts="true")
        try:
            return [Group.model_validate(group) for group in found["data"]["groups"]]
        except (KeyError, TypeError, ValidationError):
            raise self._client.not_its_own(_RULES) from None
