"""The command `python -m delivery`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from config import Config
from config.file import dumped, load
from contract.file import ConfigError
from contract.names import ROW_TITLE
from dashboards import compozy_monitoring
from delivery.splice import SpliceError, spliced_text
from delivery.targets import build
from delivery.writer import drift, write
from tools import ROOT
from tools.arguments import Parser
from tools.files import replace


def main() -> int:
    """Run the command line and return the exit code."""
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except ConfigError as error:
        print(f"{arguments.command}: nothing was written:\n{error}", file=sys.stderr)
        return 2
    except SpliceError as error:
        print(f"splice: {arguments.into} {error} (the file is as it was)", file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or "output"
        print(f"{arguments.command}: {where}: {error.strerror}", file=sys.stderr)
        return 1


def _parser() -> Parser:
    parser = Parser(
        prog="python -m delivery",
        description="Build the files below cluster/ from the code, check that they match it, or "
        "put our row into a dashboard of yours.",
        epilog="example: python -m delivery build --config monitoring.yaml",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build_ = commands.add_parser("build", help="write the files")
    check = commands.add_parser("check", help="fail where they differ from what the code builds")
    into = commands.add_parser("splice", help="put the row in, or renew it, and leave the rest")
    into.add_argument("into", type=Path, metavar="FILE", help="a dashboard as Grafana exports it")
    shown = commands.add_parser("config", help="write the configuration, each key with its meaning")
    shown.add_argument(
        "--out", default="-", metavar="FILE", help="a new file, where not to standard output"
    )
    for command in (build_, check, into, shown):
        command.add_argument(
            "--config", type=Path, metavar="FILE", help="a monitoring.yaml (the contract's values)"
        )
    for command in (build_, check):
        command.add_argument(
            "--root", type=Path, metavar="DIR", default=ROOT, help="where cluster/ is (%(default)s)"
        )
    return parser


def _run(arguments: argparse.Namespace) -> int:
    config = load(arguments.config)
    match arguments.command:
        case "splice":
            return _splice(arguments.into, config)
        case "config":
            return _config(arguments.out, config)
        case "build":
            return _build(arguments.root, build(config))
        case _:
            return _check(arguments.root, build(config))


def _config(out: str, config: Config) -> int:
    if out == "-":
        sys.stdout.write(dumped(config))
    elif Path(out).exists():
        said = f"{out} is there already, and stays: OUT=new.yaml writes a new file, OUT=- prints"
        print(f"config: {said}", file=sys.stderr)
        return 1
    else:
        replace(Path(out), dumped(config))
        print(f"config: wrote all keys with their values to {out}: keep what you change")
    return 0


def _splice(path: Path, config: Config) -> int:
    ours = compozy_monitoring.dashboard(config)
    file = path.resolve()  # so that a symbolic link is kept
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SpliceError("is no text in UTF-8") from None
    made, notes = spliced_text(text, ours)
    for note in notes:
        print(f"splice: {path}: note: {note}")
    if made == text:
        print(f"splice: {path}: the row is there already, nothing changed")
        return 0
    replace(file, made, file.stat().st_mode & 0o777)
    print(f"splice: {path}: has the row {ROW_TITLE}, import it into Grafana")
    return 0


def _build(root: Path, files: Mapping[PurePosixPath, str]) -> int:
    changed = write(root, files)
    print(f"build: {len(files)} files, {len(changed)} changed")
    for path in changed:
        print(f"  {path}")
    return 0


def _check(root: Path, files: Mapping[PurePosixPath, str]) -> int:
    if difference := drift(root, files):
        sys.stdout.write(difference)
        print(
            "check: the files above are not what the code builds: change the code or the "
            "configuration, not the file, then run `make build` and commit both",
            file=sys.stderr,
        )
        return 1
    print(f"check: {len(files)} files are what the code builds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
