"""The row LLM Usage Monitoring: what is wrong, since when, and where."""

from contract.config import Config
from contract.names import ROW_TITLE
from dashboards import persistence, traffic
from dashboards.model import Place, Row

_HALF, _THIRD = 12, 8


def row(config: Config) -> Row:
    """The row of `config`: a panel a line, in reading order, with its place on the grid."""
    return Row(
        id=1,
        title=ROW_TITLE,
        panels=(
            traffic.alerts(config, Place(0, 1, 2 * _THIRD, 6)),
            traffic.silence(config, Place(16, 1, _THIRD, 6)),
            persistence.coverage(config, Place(0, 7, _THIRD, 9)),
            persistence.failure_rate(config, Place(8, 7, _THIRD, 9)),
            persistence.latency(config, Place(16, 7, _THIRD, 9)),
            persistence.worst_first(config, Place(0, 16, _HALF, 9)),
            traffic.events(config, Place(_HALF, 16, _HALF, 9)),
            traffic.tokens(config, Place(0, 25, _HALF, 9)),
            traffic.token_factor(config, Place(_HALF, 25, _HALF, 9)),
            persistence.latency_spread(config, Place(0, 34, _HALF, 9)),
            traffic.top_models(config, Place(_HALF, 34, _HALF, 9)),
        ),
    )
