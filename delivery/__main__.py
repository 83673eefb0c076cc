"""The command `python -m delivery`."""

import argparse
import sys

from contract.config import Config
from delivery.targets import build
from delivery.writer import drift, write
from tools import ROOT


def main() -> int:
    """Parse the command line, build or check, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m delivery",
        description="Build the files below cluster/ from the code, or check that they match it.",
        epilog="example: python -m delivery check",
    )
    parser.add_argument("command", choices=("build", "check"))
    command: str = parser.parse_args().command
    try:
        return _run(command)
    except OSError as error:
        print(f"{command}: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return 1


def _run(command: str) -> int:
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
