"""A live Grafana: its dashboards, and its own alert rules where they are wanted."""

from sync.changes import Change, Comparison
from sync.client import Client
from sync.git import Checkout
from sync.grafana_alerting import Alerting
from sync.grafana_dashboards import Dashboards


class Grafana:
    """Compares and applies both."""

    def __init__(self, client: Client, checkout: Checkout, *, alerts: bool) -> None:
        """Compare what `client` reaches with `checkout`; `alerts`: rules are wanted in any case."""
        self._dashboards = Dashboards(client, checkout)
        self._alerting = Alerting(client, checkout, wanted=alerts)

    def compare(self) -> Comparison:
        """What differs. Raises LiveError or FileError."""
        found = (self._dashboards.compare(), self._alerting.compare())
        return Comparison(
            tuple(change for each in found for change in each.changes),
            tuple(note for each in found for note in each.notes),
        )

    def apply(self, changes: tuple[Change, ...]) -> list[str]:
        """Apply what can be, and say what was done. Raises LiveError or FileError."""
        if not any(change.mendable for change in changes):
            return ["nothing to apply: what only Grafana has is not ours to delete"]
        return [*self._dashboards.apply(), *self._alerting.apply()]
