"""Faults on the running exporters, injected with the exporter's own command."""

from pathlib import Path

from exporter_stub import control
from stack.ports import Ports
from stack.supervisor import StackError
from tools.arguments import Parser


def tell_exporters(folder: Path, ports: Ports, *arguments: str) -> list[str]:
    """Run `exporter_stub fault` with `arguments` for every exporter of `folder`'s stack.

    Returns their answers. Exits with 2 for arguments that the command does not know; raises
    ConfigError for a meaningless fault, and StackError if an exporter refuses it.
    """
    parser = Parser(prog="fault")
    control.add_arguments(parser)
    options = parser.parse_args(arguments)
    told = []
    for name, (_, options.control_port) in ports.exporters.items():
        options.data_dir = folder / name
        try:
            # Each exporter's token is in its folder, so our environment is not used.
            told += [f"{name}: {line}" for line in control.tell(options, {})]
        except control.ControlError as error:
            raise StackError(str(error)) from None
    return told
