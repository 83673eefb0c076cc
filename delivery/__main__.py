"""The command `python -m delivery`."""

import argparse
import sys
from pathlib import Path

from contract.config import Config
from contract.names import ROW_TITLE
from dashboards import dashboards
from delivery.splice import SpliceError, spliced_text
from delivery.targets import build
from delivery.writer import drift, replace, write
from tools import ROOT


def main() -> int:
    """Parse the command line, build or check, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m delivery",
        description="Build the files below cluster/ from the code, check that they match it, or "
        "put our row into a dashboard of yours.",
        epilog="example: python -m delivery splice path/to/dashboard.json",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="write the files")
    commands.add_parser("check", help="fail where they differ from what the code builds")
    into = commands.add_parser("splice", help="put the row in, or renew it, and leave the rest")
    into.add_argument("into", type=Path, metavar="FILE", help="a dashboard as Grafana exports it")
    arguments = parser.parse_args()
    try:
        if arguments.command == "splice":
            return _splice(arguments.into)
        return _build(arguments.command)
    except SpliceError as error:
        print(f"splice: {arguments.into} {error} (the file is as it was)", file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or "output"
        print(f"{arguments.command}: {where}: {error.strerror}", file=sys.stderr)
        return 1


def _splice(path: Path) -> int:
    (ours,) = dashboards(Config())
    file = path.resolve()  # a link stays one
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SpliceError("is no text in UTF-8") from None
    made = spliced_text(text, ours)
    if made == text:
        print(f"splice: {path}: the row is there already, nothing changed")
        return 0
    replace(file, made, file.stat().st_mode & 0o777)
    print(f"splice: {path}: has the row {ROW_TITLE}, import it into Grafana")
    return 0


def _build(command: str) -> int:
    files = build(Config())
    if command == "build":
        changed = write(ROOT, files)
        print(f"build: {len(files)} files, {len(changed)} changed")
        for path in changed:
            print(f"  {path}")
        return 0
    difference = drift(ROOT, files)
    if difference:
        sys.stdout.write(difference)
        print(
            "check: the files above are not what the code builds: change the code, not the file, "
            "then run `make build` and commit both",
            file=sys.stderr,
        )
        return 1
    print(f"check: {len(files)} files are what the code builds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
