"""What rules on these counters cannot know, and ours do not, each with a fleet that shows it."""

from dataclasses import dataclass

from alerts.increase import LONGEST_GAP
from config import IngestionFailures, TokenSpike, ZeroTraffic
from contract.durations import promql_duration
from rules_tests.fleets.model import HOUR, MINUTE, SPAN, Fleet, event, every, made_of, process


@dataclass(frozen=True)
class Limit:
    """A fleet on which an alert does not do what the events would require."""

    name: str
    words: str
    alert: str
    fleet: Fleet
    fires: bool = False
    """Whether the alert fires: it should not where it does, and should where it does not."""


UNSEEN = (
    Limit(
        "The end of a process",
        "What a process counts after the last scrape that it answers is never seen: up to a "
        "scrape interval of its life, and more where scrapes fail.",
        IngestionFailures.name,
        made_of(
            process([*every(10, 0, HOUR, succeeded=1), event(HOUR + 3.5, failed=90)], end=HOUR + 10)
        ),
    ),
    Limit(
        "The beginning of a process",
        "What stands in its first scrape may be a minute old or a year: it is no failure and "
        "no use of now. Shorter scrape intervals make it less.",
        IngestionFailures.name,
        made_of(
            process(
                [event(2 * HOUR + 3.5, failed=90), *every(10, 2 * HOUR + 20, SPAN, succeeded=1)],
                start=2 * HOUR + 2,
            )
        ),
    ),
    Limit(
        "A life between two scrapes",
        "A process that begins and ends between two scrapes does not exist for Prometheus: a "
        "crash loop that lives for less than the scrape interval shows in `up` alone.",
        IngestionFailures.name,
        made_of(
            *(
                process(every(5, start, start + 40, failed=1), start, start + 40)
                for start in range(10, SPAN, MINUTE)
            ),
            interval=60,
        ),
    ),
    Limit(
        "The same counts again",
        "A process that is replaced at its own address by one that stands at the very same "
        "counts when it is first scraped looks as if nothing had happened.",
        ZeroTraffic.name,
        # Lives of 20 minutes, each with five flushes before its first scrape and none after it.
        made_of(
            *(
                process(every(1, begin + 1, begin + 6, succeeded=1), begin, begin + 20 * MINUTE)
                for begin in range(1, SPAN, 20 * MINUTE)
            )
        ),
        fires=True,
    ),
    Limit(
        f"A gap of over {promql_duration(LONGEST_GAP)}",
        "What a process counts while it answers no scrape for that long is in no minute's record, "
        "so no panel and no token spike shows it. To look further back, each rule would have to "
        "read more samples of each series, every minute. The alerts on failures and on silence "
        "notice it all the same: they also compare the counters themselves with what they were a "
        "window before.",
        TokenSpike.name,
        # Ten times the tokens for the 12 minutes in which no scrape is answered.
        made_of(
            process(
                [
                    *every(10, 0, SPAN, succeeded=1, prompt=100),
                    *every(10, 2 * HOUR, 2 * HOUR + 12 * MINUTE, succeeded=1, prompt=900),
                ]
            ),
            failing=range(2 * HOUR, 2 * HOUR + 12 * MINUTE),
        ),
    ),
)
