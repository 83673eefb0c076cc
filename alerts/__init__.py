"""Rules as data. `rule_groups` is the index: a new group is one module and one line here."""

from alerts import llm_usage, panel_records
from alerts.model import RuleGroup
from config import Config


def rule_groups(config: Config) -> list[RuleGroup]:
    """All groups of the rule file, in the order in which they stand there."""
    return [llm_usage.group(config), panel_records.group(config)]
