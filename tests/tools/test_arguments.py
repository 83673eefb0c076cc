import pytest

from tools.arguments import Parser


def test_a_mistake_gets_one_sentence_that_says_where_to_read_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = Parser(prog="python -m it")
    commands = parser.add_subparsers()
    commands.add_parser("build").add_argument("--root")
    for given, said in (
        (["bild"], "python -m it: argument {build}: invalid choice: 'bild'"),
        (["build", "--root"], "python -m it build: argument --root: expected one"),
    ):
        with pytest.raises(SystemExit) as raised:
            parser.parse_args(given)
        assert raised.value.code == 2
        text = capsys.readouterr().err
        assert text.startswith(said)
        assert text.count("\n") == 1
