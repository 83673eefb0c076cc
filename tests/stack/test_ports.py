import socket
from dataclasses import replace
from pathlib import Path

import pytest

from stack.ports import Ports, in_use
from stack.supervisor import Supervisor, leftovers
from tools import ToolError
from tools.process import awaited


def _taken(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def test_all_busy_ports_are_told_at_once_with_an_offset_that_is_free(ports: Ports) -> None:
    one, other = _taken(ports.exporter_port), _taken(ports.page_port)
    with one, other, pytest.raises(ToolError) as raised:
        ports.refuse_taken()
    told = str(raised.value)
    assert f"{ports.exporter_port} (EXPORTER_PORT), {ports.page_port} (PAGE_PORT): " in told
    assert "stop what listens there, or move all ports: PORT_OFFSET=" in told
    assert str(ports.prometheus_port) not in told


def test_of_a_port_that_only_root_may_use_that_is_told() -> None:
    assert "port 80 (PAGE_PORT): stop what listens there (below 1024 only root" in str(
        in_use({80: "PAGE_PORT"})
    )
    assert "root" not in str(in_use({1024: "PAGE_PORT"}))


def test_a_stack_that_has_the_port_is_named_with_what_ends_it(ports: Ports, tmp_path: Path) -> None:
    ports.write(tmp_path)
    with Supervisor(tmp_path) as supervisor, _taken(ports.control_port):
        supervisor.start("one", ["sleep", "300"])
        assert awaited(lambda: leftovers(tmp_path))  # a moment after its start it shows its mark
        with pytest.raises(ToolError, match=f"a stack in {tmp_path} has .* `make down`"):
            ports.refuse_taken()


def test_ports_are_read_as_they_were_written(ports: Ports, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not known yet"):
        Ports.read(tmp_path)
    ports.write(tmp_path)
    assert Ports.read(tmp_path) == ports
    assert replace(ports, page_port=1).health()["page"] == "http://127.0.0.1:1/"
