"""Parts of annotations, in Prometheus' template language."""

from alerts.scope import Scope
from contract.metrics import USAGE_LABELS


def label(name: str) -> str:
    """The value of the alert's label `name`."""
    return f"{{{{ $labels.{name} }}}}"


def label_set(scope: Scope) -> str:
    """The alert's label set, such as `workflow on openai/gpt-4o`."""
    component, provider, model = (label(name) for name in USAGE_LABELS)
    return f"{component} on {provider}/{model}{system(scope)}"


def system(scope: Scope) -> str:
    """The system that the alert is about, if labels for it are configured."""
    return f" in {'/'.join(label(name) for name in scope.labels)}" if scope.labels else ""
