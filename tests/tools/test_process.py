import pytest

from tools import ToolError
from tools.process import succeeded


@pytest.mark.parametrize(
    ("lines", "told"), [("echo a; echo out; exit 3", "out"), ("exit 3", "it wrote nothing")]
)
def test_a_program_that_fails_is_told_with_the_last_line_of_its_output(
    lines: str, told: str
) -> None:
    with pytest.raises(ToolError, match=rf"^sh failed \({told}\)$"):
        succeeded(["sh", "-c", lines])
