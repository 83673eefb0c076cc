"""The row LLM Usage Monitoring.

The first line of panels tells what is wrong and since when, the second where; both fit on a screen
of 1280 x 800. What explains it stands below.
"""

from contract.config import Config
from contract.names import ROW_TITLE
from dashboards import alert_panels, persistence_panels, token_panels
from dashboards.model import Place, Row

_HALF, _THIRD = 12, 8


def row(config: Config) -> Row:
    """The row of `config`: a panel a line, in reading order, with its place on the grid."""
    return Row(
        id=1,
        title=ROW_TITLE,
        panels=(
            (alert_panels.states(config), Place(0, 1, _THIRD, 6)),
            (alert_panels.recent(config), Place(8, 1, _HALF, 6)),
            (alert_panels.last_event(config), Place(20, 1, 4, 6)),
            (persistence_panels.coverage(config), Place(0, 7, _THIRD, 9)),
            (persistence_panels.failure_rate(config), Place(8, 7, _THIRD, 9)),
            (token_panels.against_average(config), Place(16, 7, _THIRD, 9)),
            (persistence_panels.worst_coverage(config), Place(0, 16, _HALF, 9)),
            (persistence_panels.events(config), Place(_HALF, 16, _HALF, 9)),
            (token_panels.tokens(config), Place(0, 25, _HALF, 9)),
            (token_panels.top_models(config), Place(_HALF, 25, _HALF, 9)),
            (persistence_panels.latency(config), Place(0, 34, _HALF, 9)),
            (persistence_panels.latency_spread(config), Place(_HALF, 34, _HALF, 9)),
        ),
    )
