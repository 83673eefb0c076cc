"""A day behind the stack: what its exporters would have left, and what the rules made of it."""

from pathlib import Path

from contract.config import Config
from delivery.targets import groups
from exporter_stub.catalogue import load_catalogue
from exporter_stub.faults import Fault, FaultName
from exporter_stub.replay import Plan, Replay
from exporter_stub.scenarios import Scenario
from stack.history import record
from stack.prometheus import JOB

DAY = 25 * 3600
"""Seconds: the token baseline's day, and an hour."""

QUIET = 29 * 60
"""Seconds without a workflow at the end: one minute short of a silence."""


def write_past(
    folder: Path,
    config: Config,
    instances: tuple[str, ...],
    *,
    end: int,
    speed: int,
    rate: float,
    quiet: bool,
) -> Path:
    """A TSDB of the day before `end` (Unix seconds), in time that goes `speed` times as fast.

    `instances` (host:port) emitted `rate` runs a second together; in the end no workflow did where
    it is `quiet`. Raises OSError, StackError or PromtoolError where it cannot be made.
    """
    silence = Fault(name=FaultName.SILENCE, seconds=QUIET / speed)
    scenario = Scenario("a day", incidents=((silence.seconds, silence),) if quiet else ())
    every = max(1, int(config.evaluation_interval.total_seconds()))
    end -= end % every
    plan = Plan(
        scenario=scenario,
        catalogue=load_catalogue(),
        begin=end - DAY // speed // every * every,
        end=end,
        every=every,
        instances=instances,
        job=JOB,
        rate=rate,
        seed=None,
        zero_init=False,
    )
    scrapes = folder / "scrapes"
    scrapes.mkdir(parents=True)
    Replay(plan, scrapes, lambda _: None).run()
    record(folder, sorted(scrapes.iterdir()), groups(config))
    return folder / "tsdb"
