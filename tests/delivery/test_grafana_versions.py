import pytest

from delivery.grafana_versions import DASHBOARD, MARKS, MINIMUM, RULES, lacking
from tools import ROOT


@pytest.mark.parametrize(
    ("version", "outputs"),
    [
        ("9.3.8", [DASHBOARD, MARKS, RULES]),
        ("9.4.0", [MARKS, RULES]),
        ("10.0.0", [MARKS, RULES]),
        ("11.6.1", [MARKS, RULES]),
        ("11.6.2", [RULES]),
        ("12.0.0", [MARKS, RULES]),
        ("12.0.1+security-01", [RULES]),
        ("12.2.0-18123", []),
        ("13.0.0", []),
        ("", []),
    ],
)
def test_what_a_version_is_too_old_for_is_told_with_what_it_needs(
    version: str, outputs: list[str]
) -> None:
    assert lacking(version, *MINIMUM) == [
        f"{each}: Grafana {' or '.join(MINIMUM[each])} or later is needed to show all of it, "
        f"and this is {version}"
        for each in outputs
    ]


@pytest.mark.parametrize("output", MINIMUM)
def test_the_page_gives_the_versions_as_they_are(output: str) -> None:
    page = (ROOT / "docs/gitops.md").read_text()
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {output} "))
    assert line.split("|")[2].strip() == " or ".join(MINIMUM[output])
