import pytest

from preview.queries import View, resolve

VARIABLES = [
    {"name": "datasource", "type": "datasource"},
    {"name": "model", "type": "query", "allValue": ".*"},
]
DASHBOARD = {"templating": {"list": VARIABLES}}


@pytest.mark.parametrize(
    ("step", "scrape", "interval"),
    [(60, 15, "75s"), (45, 15, "60s"), (15, 15, "60s"), (60, 60, "240s"), (600, 60, "660s")],
)
def test_all_is_chosen_and_a_rates_interval_follows_the_zoom_and_holds_four_scrapes(
    step: int, scrape: int, interval: str
) -> None:
    view = View(begin=600, end=4200, step=step, scrape=scrape)
    expr = 'rate(x{model=~"$model"}[$__rate_interval]) + x[$__range]'
    expected = f'rate(x{{model=~".*"}}[{interval}]) + x[3600s]'
    assert resolve(expr, DASHBOARD, view) == expected


def test_a_variable_that_the_dashboard_has_not_is_told() -> None:
    with pytest.raises(KeyError, match="modle"):
        resolve('x{model=~"$modle"}', DASHBOARD, View(begin=0, end=60))
