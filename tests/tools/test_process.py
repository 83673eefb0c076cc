import pytest

from tools import ToolError
from tools.process import awaited, succeeded


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("echo first >&2; echo last >&2; echo out; exit 3", r"sh failed \(last\)"),
        ("echo out; exit 3", r"sh failed \(out\)"),
        ("exit 3", r"sh failed \(it wrote nothing\)"),
        ("exec sleep 60", "sh took over 0.2 s"),
    ],
)
def test_a_program_that_must_succeed_is_told_with_the_last_line_that_it_wrote(
    lines: str, told: str
) -> None:
    with pytest.raises(ToolError, match=f"^{told}$"):
        succeeded(["sh", "-c", lines], 0.2 if "sleep" in lines else 60)


def test_what_is_awaited_is_returned_once_it_is_true_and_else_at_the_limit() -> None:
    looks, pauses = iter(["", None, "there"]), iter("abc")
    assert awaited(lambda: next(looks), 60, lambda: next(pauses)) == "there"
    assert next(pauses) == "c"
    assert awaited(list, 0) == []
