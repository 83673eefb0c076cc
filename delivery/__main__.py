"""The command `python -m delivery`."""

import argparse
import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from config import Config
from config.file import dumped, load
from contract.command import Parser, done
from contract.file import ConfigError
from contract.names import ROW_TITLE
from dashboards import compozy_monitoring
from delivery.release import release
from delivery.splice import formatted_like, note_on, splice
from delivery.targets import build
from delivery.writer import drift, write
from tools import ROOT, ToolError
from tools.files import replace


def main() -> int:
    """Run the command line and return the exit code."""
    arguments = _parser().parse_args()
    return done(arguments.command, partial(_run, arguments))


def _parser() -> Parser:
    parser = Parser(
        prog="python -m delivery",
        description="Build the files below cluster/ from the code, check that they match it, put "
        "our row into a dashboard of yours, or make a release of what is committed.",
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
    told = "write dist/: a tarball of the committed cluster/, its checksum and its notes"
    tagged = commands.add_parser("release", help=told)
    tagged.add_argument("--tag", help="refuse where the version is not that of this tag")
    return parser


def _run(arguments: argparse.Namespace) -> None:
    if arguments.command == "release":
        release(ROOT, arguments.tag)
        return
    try:
        _build(arguments, load(arguments.config))
    except ConfigError as error:
        raise ConfigError(f"nothing was written:\n{error}") from None


def _build(arguments: argparse.Namespace, config: Config) -> None:
    match arguments.command:
        case "splice":
            _splice(arguments.into, config)
        case "config":
            _config(arguments.out, config)
        case "build":
            files = build(config)
            changed = write(arguments.root, files)
            print(f"build: {len(files)} files, {len(changed)} changed")
            for path in changed:
                print(f"  {path}")
        case _:
            _check(arguments.root, build(config))


def _config(out: str, config: Config) -> None:
    if out == "-":
        sys.stdout.write(dumped(config))
        return
    if Path(out).exists():
        advice = "OUT=new.yaml writes a new file, OUT=- prints"
        raise ToolError(f"{out} is there already, and stays: {advice}")
    replace(Path(out), dumped(config))
    print(f"config: wrote all keys with their values to {out}: keep what you change")


def _splice(path: Path, config: Config) -> None:
    file = path.resolve()  # so that a symbolic link is kept
    try:
        text = file.read_bytes().decode()
        theirs = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not JSON in UTF-8 ({error})") from None
    made = splice(theirs, compozy_monitoring.dashboard(config), path)
    if note := note_on(theirs):
        print(f"splice: {path}: note: {note}")
    if made == theirs:
        print(f"splice: {path}: the row is there already, nothing changed")
        return
    replace(file, formatted_like(text, made), file.stat().st_mode & 0o777)
    print(f"splice: {path}: has the row {ROW_TITLE}, import it into Grafana")


def _check(root: Path, files: Mapping[PurePosixPath, str]) -> None:
    if difference := drift(root, files):
        sys.stdout.write(difference)
        raise ToolError(
            "the files above are not what the code builds: change the code or the configuration, "
            "not the file, then run `make build` and commit both"
        )
    print(f"check: {len(files)} files are what the code builds")


if __name__ == "__main__":
    sys.exit(main())
