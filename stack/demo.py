"""The demonstration: the whole stack, with incidents from their onset to their resolution."""

import math
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from config import ALERT_NAMES, Config
from contract.durations import hours, minutes, seconds
from dashboards import compozy_monitoring
from delivery.targets import groups
from exporter_stub.catalogue import Catalogue, load_catalogue
from exporter_stub.faults import Fault, FaultName
from exporter_stub.replay import Replay
from exporter_stub.scenarios import SCENARIOS, Scenario
from preview.page import GONE, Source
from preview.queries import View
from stack.history import record
from stack.incidents import OUTAGE, SILENCE, SPIKE, incidents
from stack.launch import Stack
from stack.pager import announced, served
from stack.rehearsal import Rehearsal, table
from tools.process import awaited

POINTS = 150
"""Points per line of a graph."""

BEFORE, LONGEST = 60, 6 * 3600
"""The page shows so many seconds before the start, and at most so many in total."""

SPEED, FULL_SPEED = 20, 10
"""How many times as fast as in production a demo goes, and a full one."""

STAGES = ((OUTAGE, SILENCE), (SPIKE,))
"""Incidents that are rehearsed in parallel, stage by stage, in two minutes. Silent workflows write
nothing that could fail, so there is no critical alert on workflows that would inhibit the silence.
An outage would hide a spike, because lost tokens are not counted."""

FULL_STAGES = ((SILENCE,), (OUTAGE,), (SPIKE,))
"""Seven minutes: one incident after another until each is resolved, after a day of history."""

LEAD, FULL_LEAD = 8, 30
"""Seconds that the generation of the history may take, and that of a whole day."""

_HEAVY_TAIL = 1.2
"""Models whose prompts have a larger standard deviation (of the natural logarithm) are left out of
fast rehearsals: one of their requests can outweigh a quarter of an hour."""


@contextmanager
def running(stack: Stack, *, browser: bool = False) -> Iterator[None]:
    """`stack`, of which only the page runs yet; its address is printed.

    When it is no longer needed, pages that are open are still given the end.
    """
    with stack.supervisor:
        journal, source = stack.journal, _source(stack)
        stack.prepare()
        with journal.begin(), served(stack.ports.page_port, stack.pager, source) as page:
            journal.say(announced(page, browser=browser))
            yield
            awaited(lambda: not source.watched(), GONE)


def demo(stack: Stack, names: tuple[str, ...], *, full: bool, browser: bool) -> int:
    """Rehearse the incidents called `names`. 0: each was paged and resolved, and no other alert.

    1 otherwise, with a report of what was missing. Raises ToolError if the stack cannot run.
    """
    chosen = incidents(stack.config)
    ordered = FULL_STAGES if full else STAGES
    stages = [[chosen[name] for name in stage if name in names] for stage in ordered]
    with running(stack, browser=browser):
        start_with_history(stack, full=full, quiet=SILENCE in names)
        rehearsal = Rehearsal(stack)
        rehearsal.run(stages, overlap=not full)
        failed, journal = rehearsal.failures(), stack.journal
        journal.show(table(rehearsal.watched), *failed)
        journal.end(
            f"failed after {journal.elapsed}; logs are in {stack.folder}"
            if failed
            else f"all were paged and resolved, and no other alert fired, in {journal.elapsed}"
        )
    return int(bool(failed))


def start_with_history(stack: Stack, *, full: bool = False, quiet: bool = False) -> None:
    """Start all parts, Prometheus on a new history: of a whole day if `full`.

    It ends without workflows if `quiet`.
    """
    config, speed, folder, models = stack.config, stack.speed, stack.folder, light_models()
    stack.catalogue = folder / "catalogue.yaml"
    content = models.model_dump(mode="json", exclude_none=True)
    stack.catalogue.write_text(yaml.safe_dump(content), encoding="utf-8")
    for name in ("history", "prometheus", "alertmanager"):  # data of an earlier run
        shutil.rmtree(folder / name, ignore_errors=True)
    stack.start_sources()
    every = max(1, seconds(config.evaluation_interval))
    length = start_length(config, speed, whole_day=full)
    stack.journal.step(
        f"making a history of {length * speed / 3600:.0f} hours, {speed} times as fast"
    )
    end = int(time.time()) + (FULL_LEAD if full else LEAD)
    scenario = silent_end(config, speed) if quiet else SCENARIOS["healthy"]
    replay = Replay(
        *(scenario, end - length, end, stack.instances, every, stack.rate, stack.job),
        catalogue=models,
    )
    scrapes = replay.write(folder / "history/scrapes")
    record(folder / "history", scrapes, replay.stamps, groups(config))
    (folder / "history/prometheus").rename(folder / "prometheus")
    stack.supervisor.wait(lambda: time.time() >= end, "the end of the history")
    stack.start_prometheus()


def light_models() -> Catalogue:
    """The catalogue without the models of which a single request can be a spike."""
    every = load_catalogue()
    light = tuple(one for one in every.models if one.prompt[1] < _HEAVY_TAIL)
    return every.model_copy(update={"models": light})


def start_length(config: Config, speed: int, *, whole_day: bool) -> int:
    """Seconds of the history with which a stack starts; `config` is `speed` times as fast.

    That is the baseline's day and an hour, or only as long as the rules need.
    """
    spike, silence, hour = config.token_spike, config.zero_traffic, hours(1) / speed
    if whole_day:
        return seconds(spike.baseline + hour)
    return seconds(max(spike.min_history + spike.window, silence.window + hour) + hour)


def silent_end(config: Config, speed: int) -> Scenario:
    """A history that ends without workflows, one evaluation short of the alert's whole window."""
    silence = config.zero_traffic.window - minutes(1) / speed
    fault = Fault(name=FaultName.SILENCE, seconds=silence.total_seconds())
    return Scenario("workflows fall silent", incidents=((fault.seconds, fault),))


def _source(stack: Stack) -> Source:
    """What the page of a running stack shows."""
    dashboard = compozy_monitoring.dashboard(stack.config)
    fast = f", {stack.speed} times as fast as in production" if stack.speed > 1 else ""
    begun = int(time.time()) - BEFORE
    # Samples of the history may be as far apart as two evaluations.
    apart = max(stack.scrape, seconds(stack.config.evaluation_interval) if fast else 1)

    def view() -> View:
        end = math.ceil(time.time())  # what has just happened is on the page
        begin = max(begun, end - LONGEST)
        step = max(1, (end - begin) // POINTS)
        return View(begin - begin % step, end, step, apart)

    return Source(
        title=f"{dashboard['title']}{fast}",
        dashboard=dashboard,
        api=stack.prometheus,
        alerts=ALERT_NAMES,
        view=view,
        status=stack.journal.status,
        events=lambda: [*stack.journal.events(), *stack.pager.events()],
        messages=lambda: stack.pager.notices,
    )
