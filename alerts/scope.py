"""What the rules of all alerts depend on: which series they read, and how often."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from contract.durations import Duration, minutes, promql_duration
from contract.fields import Address, JobName, LabelName
from contract.metrics import USAGE_LABELS, Label, TargetLabel


def _once(labels: tuple[str, ...]) -> tuple[str, ...]:
    for label in labels:
        if labels.count(label) > 1:
            raise ValueError(f"{label!r} stands there more than once: name it once")
    return labels


def templated(label: str) -> str:
    """The value of an alert's `label`, in the language of its annotations."""
    return f"{{{{ $labels.{label} }}}}"


STRICT = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)


@dataclass(frozen=True, config=STRICT)
class Scope:
    """Labels, jobs and times, with the selectors and record names that follow from them."""

    labels: Annotated[tuple[LabelName, ...], AfterValidator(_once)] = Field(
        default=(),
        max_length=10,
        description="target labels to tell systems apart by, such as [cluster, namespace]",
    )
    jobs: tuple[JobName, ...] = Field(
        default=(),
        max_length=100,
        description="values of `job` that are Compozy's; none: whatever has its metrics",
    )
    settle: Annotated[Duration, Field(le=minutes(5))] = Field(
        default=timedelta(seconds=10),
        description="how late samples may arrive; 10s is Prometheus' default scrape time-out",
    )
    runbook_base: Address = Field(
        default="https://github.com/compozy/compozy-monitoring/blob/main/docs/runbooks",
        description="address of the folder of runbooks",
    )
    evaluation_interval: Duration = Field(
        default=minutes(1), exclude=True, description="the contract's minute"
    )

    @property
    def usage_labels(self) -> tuple[str, ...]:
        """The labels that identify a label set: system, component, provider and model."""
        return (*self.labels, *USAGE_LABELS)

    @property
    def component_labels(self) -> tuple[str, ...]:
        """The labels that identify a component: system and component."""
        return (*self.labels, Label.COMPONENT)

    @property
    def target_labels(self) -> tuple[str, ...]:
        """The labels that identify a scraped target."""
        return (*TargetLabel, *self.labels)

    @property
    def jobs_pattern(self) -> str:
        """The regular expression for the jobs, escaped for a quoted matcher; empty without jobs."""
        return "|".join(job.replace(".", r"\\.") for job in self.jobs)

    def scraped(self, name: str, *matchers: str) -> str:
        """The selector of Compozy's scraped series of `name`."""
        found = list(matchers)
        if len(self.jobs) == 1:
            found.append(f'{TargetLabel.JOB}="{self.jobs[0]}"')
        elif self.jobs:
            found.append(f'{TargetLabel.JOB}=~"{self.jobs_pattern}"')
        return f"{name}{{{', '.join(found)}}}" if found else name

    def record(self, metric: str, operation: str, *labels: str) -> str:
        """The name level:metric:operation of a record that keeps `labels`, or the usage labels."""
        level = "_".join(labels or self.usage_labels)
        return f"{level}:{metric.removesuffix('_total')}:{operation}"

    def increased(self, metric: str, window: timedelta | None = None, *labels: str) -> str:
        """The name of the record of what `metric` gained within `window`, or within a step."""
        span = promql_duration(window or self.evaluation_interval)
        return self.record(metric, f"increase{span}", *labels)

    def system(self) -> str:
        """The system that an alert is about, for annotations, if labels for it are configured."""
        return f" in {'/'.join(templated(name) for name in self.labels)}" if self.labels else ""

    def label_set(self) -> str:
        """An alert's label set, for annotations, such as `workflow on openai/gpt-4o`."""
        component, provider, model = (templated(name) for name in USAGE_LABELS)
        return f"{component} on {provider}/{model}{self.system()}"

    def runbook_url(self, alert: str) -> str:
        """Address of the runbook of `alert`."""
        return f"{self.runbook_base.rstrip('/')}/{alert}.md"
