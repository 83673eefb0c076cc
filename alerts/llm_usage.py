"""The rule group of the alerts: the records first, then the alerts that read them."""

from collections.abc import Iterable

from alerts.model import Alert, RuleGroup
from alerts.scope import Scope
from contract.names import RULE_GROUP


def group(scope: Scope, alerts: Iterable[Alert], dashboard_url: str) -> RuleGroup:
    """The records of all `alerts`, each once, and then the alerts themselves."""
    chosen = tuple(alerts)
    records = {rule.record: rule for alert in chosen for rule in alert.records(scope)}
    return RuleGroup(
        name=RULE_GROUP,
        interval=scope.evaluation_interval,
        rules=(*records.values(), *(alert.rule(scope, dashboard_url) for alert in chosen)),
    )
