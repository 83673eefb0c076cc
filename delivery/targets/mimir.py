"""The rules as `mimirtool rules sync` loads them, into Mimir's ruler or Grafana Cloud's."""

from config import Config
from contract.names import RULE_GROUP
from delivery.render import to_yaml
from delivery.targets.files import CLUSTER, Files
from delivery.targets.prometheus import COMMENT, delayed_body

RULES = CLUSTER / "mimir/llm-usage-rules.yaml"
NAMESPACE = RULE_GROUP
"""The rulers' folder of the groups. `mimirtool rules sync --namespaces=` touches it alone."""


def files(config: Config) -> Files:
    """The rule file below its namespace: nothing else may stand in it, mimirtool refuses it."""
    body = delayed_body(config, "query_offset", config.settle)
    comment = f"{COMMENT}\nmimirtool rules sync --namespaces={NAMESPACE} {RULES}"
    return {RULES: to_yaml({"namespace": NAMESPACE, **body}, comment=comment)}
