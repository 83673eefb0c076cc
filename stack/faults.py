"""Faults on the running exporters, by the exporter's own command."""

from pathlib import Path

from exporter_stub import control
from stack.ports import Ports
from stack.supervisor import StackError
from tools.arguments import Parser


def tell_exporters(folder: Path, ports: Ports, *arguments: str) -> list[str]:
    """What `exporter_stub fault` with `arguments` does, for every exporter of `folder`'s stack.

    Returns what each answers. Ends the process with 2 for arguments that the command does not
    know; raises ConfigError for a fault that means nothing, StackError where an exporter does not
    do it.
    """
    parser = Parser(prog="fault")
    control.add_arguments(parser)
    options = parser.parse_args(arguments)
    told = []
    for name, (_, options.control_port) in ports.exporters.items():
        options.data_dir = folder / name
        try:
            # The token of each is in its folder, whatever our environment has.
            told += [f"{name}: {line}" for line in control.tell(options, {})]
        except control.ControlError as error:
            raise StackError(str(error)) from None
    return told
