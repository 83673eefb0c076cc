"""Named histories: which faults are always on, and which incident happens when."""

from dataclasses import dataclass

from exporter_stub.faults import LONGEST, Fault, FaultName

MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(frozen=True)
class Scenario:
    """What a history is like: faults that are on from its beginning, and incidents.

    An incident is a fault, and how many seconds before the history's end it begins.
    """

    description: str
    always: tuple[Fault, ...] = ()
    incidents: tuple[tuple[float, Fault], ...] = ()


SCENARIOS = {
    "healthy": Scenario("nothing fails"),
    "steady": Scenario(
        "one in 150 rows of the busiest model is refused by the database",
        # 0.67 %: a failures series to look at, and below the alert's 1 %. On the busiest model
        # alone: of less than 100 flushes in 15 minutes one is over 1 %.
        always=(
            Fault(
                name=FaultName.FOREIGN_KEY,
                seconds=LONGEST,
                share=1 / 150,
                provider="openai",
                model="gpt-4o-mini",
            ),
        ),
    ),
    "silent": Scenario(
        "no workflow leaves usage, until the fault is cleared",
        always=(Fault(name=FaultName.SILENCE, seconds=LONGEST),),
    ),
    "outage": Scenario(
        "the database is away for 30 minutes, three hours before the end",
        incidents=((3 * HOUR, Fault(name=FaultName.MUTED, seconds=30 * MINUTE)),),
    ),
    "token-spike": Scenario(
        "one model uses five times its tokens for 45 minutes, three hours before the end",
        incidents=(
            (
                3 * HOUR,
                Fault(
                    name=FaultName.SPIKE,
                    seconds=45 * MINUTE,
                    factor=5,
                    provider="anthropic",
                    model="claude-3-5-haiku",
                ),
            ),
        ),
    ),
    "silence": Scenario(
        "no workflow leaves usage in the last 29 minutes",
        incidents=((29 * MINUTE, Fault(name=FaultName.SILENCE, seconds=29 * MINUTE)),),
    ),
}
"""By name. An exporter that serves knows no end, and so only those without incidents."""

LIVE = tuple(name for name, scenario in SCENARIOS.items() if not scenario.incidents)
