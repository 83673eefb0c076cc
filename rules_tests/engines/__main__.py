"""The command `python -m rules_tests.engines`."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from rules_tests.engines.index import ENGINES
from rules_tests.engines.judge import judge
from rules_tests.engines.report import Verdicts, show
from rules_tests.index import generated_tests, written_tests
from rules_tests.promtool_files import NamedTest, RulesTestError
from tools import ToolError
from tools.arguments import Parser
from tools.pinned import VMALERT_TOOL, Pinned, command


def main() -> int:
    """Print the table. 0: each test passes or differs as documented; 1: one does not."""
    parser = Parser(
        prog="python -m rules_tests.engines",
        description="Run the rules' tests on each engine that users run, and print a table.",
        epilog="example: python -m rules_tests.engines -k 'total outage'",
    )
    parser.add_argument("-k", default="", metavar="TEXT", help="only tests with TEXT in the name")
    options = parser.parse_args()
    try:
        tests = [test for test in (*written_tests(), *generated_tests()) if options.k in test.name]
        commands = {engine: command(engine) for engine in ENGINES}
    except (ToolError, RulesTestError, OSError) as error:
        print(f"engines: {error}", file=sys.stderr)
        return 1
    if not tests:
        print(f"engines: no test has {options.k!r} in its name", file=sys.stderr)
        return 1
    print(f"engines: {len(tests)} tests on {len(commands)} engines", file=sys.stderr, flush=True)
    try:
        found = _verdicts(commands, tests)
    except ValueError as error:
        print(f"engines: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    show(Console(), tests, found)
    return int(not all(verdict.passed for verdicts in found.values() for verdict in verdicts))


def _verdicts(commands: dict[Pinned, tuple[str, ...]], tests: list[NamedTest]) -> Verdicts:
    """All verdicts; as many tests run at a time as there are processors."""
    # The slow engine first, so that its long tests are not the last to end.
    slow_first = sorted(commands, key=lambda engine: engine is not VMALERT_TOOL)
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        running = {
            engine: [pool.submit(judge, engine, commands[engine], test) for test in tests]
            for engine in slow_first
        }
        return {engine: [each.result() for each in running[engine]] for engine in commands}
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C no other test begins


if __name__ == "__main__":
    sys.exit(main())
