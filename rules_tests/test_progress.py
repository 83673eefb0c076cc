import pytest

from rules_tests.progress import progress


@pytest.mark.parametrize(("total", "told"), [(30, range(3, 31, 3)), (3, (1, 2, 3))])
def test_every_tenth_is_a_line_on_standard_error(
    capsys: pytest.CaptureFixture[str], total: int, told: list[int]
) -> None:
    assert list(progress(range(total), total, "tests")) == list(range(total))
    lines = [f"tests: {number} of {total}" for number in told]
    assert capsys.readouterr().err.splitlines() == lines
