"""The rules as `mimirtool rules sync` loads them into the ruler of Mimir or Grafana Cloud."""

from config import Config
from contract.names import RULE_GROUP
from delivery.render import CLUSTER, Files, to_yaml
from delivery.targets.prometheus import COMMENT, delayed_body

RULES = CLUSTER / "mimir/llm-usage-rules.yaml"
NAMESPACE = RULE_GROUP
"""The ruler's namespace for the groups, to which `--namespaces=` limits mimirtool."""


def files(config: Config) -> Files:
    """The rule file with its namespace; mimirtool refuses files with any other keys."""
    body = delayed_body(config, "query_offset", config.settle)
    comment = f"{COMMENT}\nmimirtool rules sync --namespaces={NAMESPACE} {RULES}"
    return {RULES: to_yaml({"namespace": NAMESPACE, **body}, comment=comment)}
