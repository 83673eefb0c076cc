"""Resources of VictoriaMetrics' operator, as a component over the base for Prometheus' operator.

vmalert without an operator loads the rule file as it is.
"""

from datetime import timedelta

from config import Config
from delivery.render import Files, to_yaml
from delivery.targets import kubernetes
from delivery.targets.prometheus import COMMENT, delayed_body

COMPONENT = kubernetes.COMPONENTS / "victoriametrics"
MIN_DELAY = timedelta(seconds=30)
"""vmalert's default `-rule.evalDelay`: the storage hides samples of the last 30 seconds
(`-search.latencyOffset`)."""
_VERSION = "operator.victoriametrics.com/v1beta1"

_COMPONENT_COMMENT = """\
For clusters with VictoriaMetrics' operator: an overlay names it in `components`.
It takes the place of the base's rule and monitor: with both, the operator, which converts those of
Prometheus' operator, would evaluate each rule twice."""


def files(config: Config) -> Files:
    """The rules and the scrape, and the component that replaces the base's with them."""
    spec = delayed_body(config, "eval_delay", max(config.settle, MIN_DELAY))
    rule = {**kubernetes.resource(_VERSION, "VMRule"), "spec": spec}
    scrape = kubernetes.service_scrape(config, _VERSION, "VMServiceScrape")
    made = {
        COMPONENT / "vm-rule.yaml": to_yaml(rule, comment=COMMENT),
        COMPONENT / "vm-service-scrape.yaml": to_yaml(scrape, comment=kubernetes.SCRAPES),
    }
    patches = [{"patch": _without(kind)} for kind in ("PrometheusRule", "ServiceMonitor")]
    return kubernetes.kustomized("Component", made, comment=_COMPONENT_COMMENT, patches=patches)


def _without(kind: str) -> str:
    """A patch that deletes the base's resource of `kind`."""
    head = f"$patch: delete\napiVersion: {kubernetes.MONITORING}\nkind: {kind}\n"
    return f"{head}metadata:\n  name: {kubernetes.NAME}\n"
