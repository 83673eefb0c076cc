"""The command `python -m rules_tests.engines`."""

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from config import Config
from delivery.targets import rule_file
from rules_tests.engines.index import ENGINES, tool
from rules_tests.engines.judge import judge
from rules_tests.engines.late import chains
from rules_tests.engines.report import Verdicts, show
from rules_tests.engines.victoria import Vmalert
from rules_tests.fleets.fixed import LIMITS_OF_VMALERT, SEEDS, batches, judgements
from rules_tests.fleets.judge import ON_TIME
from rules_tests.index import generated_tests, written_tests
from rules_tests.promtool_files import NamedTest, RulesTestError
from tools import ToolError
from tools.arguments import Parser
from tools.locate import Pinned
from tools.promtool import Promtool, PromtoolError

_UNKNOWN = "NOT KNOWN"


def main() -> int:
    """Print the table. 0: each test passes or differs as documented; 1: one does not."""
    parser = Parser(
        prog="python -m rules_tests.engines",
        description="Run the rules' tests on each engine that users run, and print a table.",
    )
    parser.parse_args()
    try:
        tests = [*written_tests(), *generated_tests()]
        engines = {engine: tool(engine) for engine in ENGINES}
    except (ToolError, RulesTestError, OSError) as error:
        print(f"engines: {error}", file=sys.stderr)
        return 1
    print(f"engines: {len(tests)} tests on {len(engines)} engines", file=sys.stderr, flush=True)
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        found = _verdicts(pool, engines, tests)
        wrong = _fleets(pool, engines)
    except (ValueError, PromtoolError) as error:
        print(f"engines: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C no other test begins
    show(Console(), tests, found)
    for engine, reasons in wrong.items():
        print(f"{len(SEEDS)} random fleets on {engine}: wrong in {reasons or 'none'}")
    failed = any(not verdict.passed for verdicts in found.values() for verdict in verdicts)
    return int(failed or any(_UNKNOWN in reasons.values() for reasons in wrong.values()))


def _verdicts(
    pool: ThreadPoolExecutor, engines: Mapping[Pinned, Promtool], tests: Sequence[NamedTest]
) -> Verdicts:
    """All verdicts; as many tests run at a time as there are processors."""
    # The slow engine first, so that its long tests are not the last to end.
    slow_first = sorted(engines, key=lambda engine: not isinstance(engines[engine], Vmalert))
    running = {
        engine: [pool.submit(judge, engines[engine], test) for test in tests]
        for engine in slow_first
    }
    return {engine: [each.result() for each in running[engine]] for engine in engines}


def _fleets(
    pool: ThreadPoolExecutor, engines: Mapping[Pinned, Promtool]
) -> dict[Pinned, dict[int, str]]:
    """The seeds of the fixed fleets on which an alert is wrong, and why, by engine."""
    running = {
        engine: [pool.submit(judgements, one, seeds, late=_late(one)) for seeds in batches(SEEDS)]
        for engine, one in engines.items()
    }
    return {
        engine: {
            seed: limits.get(seed, _UNKNOWN)
            for each in batched
            for seed, judgement in each.result().items()
            if judgement.wrong
        }
        for engine, batched in running.items()
        for limits in [LIMITS_OF_VMALERT if isinstance(engines[engine], Vmalert) else {}]
    }


def _late(engine: Promtool) -> Mapping[str, int]:
    return chains([rule_file(Config())]) if isinstance(engine, Vmalert) else ON_TIME


if __name__ == "__main__":
    sys.exit(main())
