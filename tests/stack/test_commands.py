import pytest

from config import Config
from delivery.targets import rule_file
from stack.commands import SPEEDS, parser, ports


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (("demo", "--scenario", "party"), "invalid choice: 'party'"),
        (("demo", "--exporter-port", "x"), "'x' is no port"),
        (("demo", "--port-offset", "far"), "--port-offset: invalid int value: 'far'"),
        (
            ("up", "--speed", "7"),
            "--speed: invalid choice: 7 (choose from 1, 2, 3, 4, 5, 6, 10,",
        ),
        (("party",), "invalid choice: 'party'"),
    ],
)
def test_bad_input_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], bad: tuple[str, ...], told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(bad)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("speed", SPEEDS)
def test_rules_are_built_at_every_speed_that_is_taken(speed: int) -> None:
    assert parser().parse_args(["up", "--speed", str(speed)]).speed == speed
    assert rule_file(Config().at_speed(speed))


def test_a_port_that_is_given_goes_before_the_offset() -> None:
    chosen = ports(parser().parse_args(["up", "--port-offset", "100", "--page-port", "8000"]))
    assert (chosen.exporter_port, chosen.page_port) == (5101, 8000)
