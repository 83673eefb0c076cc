import pytest

from preview.queries import View, resolve

VARIABLES = [
    {"name": "datasource", "type": "datasource"},
    {"name": "job", "type": "query", "allValue": ".+"},
    {"name": "model", "type": "query", "allValue": ".*"},
]
DASHBOARD = {"templating": {"list": VARIABLES}}


@pytest.mark.parametrize(
    ("chosen", "matcher"),
    [
        ({}, 'x{model=~".*", job=~".+"}'),
        ({"model": ["gpt-4o"]}, 'x{model=~"gpt-4o", job=~".+"}'),
        ({"model": ["gpt-4o", "o3"]}, 'x{model=~"(gpt-4o|o3)", job=~".+"}'),
        ({"model": ["gpt-3.5"]}, r'x{model=~"gpt-3\\.5", job=~".+"}'),
    ],
)
def test_a_choice_becomes_a_regular_expression(chosen: dict[str, list[str]], matcher: str) -> None:
    view = View(begin=0, end=60, chosen=chosen)
    assert resolve('x{model=~"$model", job=~"$job"}', DASHBOARD, view) == matcher


@pytest.mark.parametrize(
    ("step", "scrape", "interval"),
    [(60, 15, "75s"), (45, 15, "60s"), (15, 15, "60s"), (60, 60, "240s"), (600, 60, "660s")],
)
def test_a_rates_interval_follows_the_zoom_and_holds_four_scrapes(
    step: int, scrape: int, interval: str
) -> None:
    view = View(begin=600, end=4200, step=step, scrape=scrape)
    found = resolve("rate(x[$__rate_interval]) + x[$__range]", DASHBOARD, view)
    assert found == f"rate(x[{interval}]) + x[3600s]"


def test_a_variable_that_the_dashboard_has_not_is_told() -> None:
    with pytest.raises(KeyError, match="modle"):
        resolve('x{model=~"$modle"}', DASHBOARD, View(begin=0, end=60))
