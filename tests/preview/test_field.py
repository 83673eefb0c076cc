import time
from typing import Any

import pytest

from preview.field import Field
from tests.preview.example import panel

MAPPINGS = [
    {"type": "value", "options": {"1": {"text": "pending", "color": "orange"}}},
    {"type": "range", "options": {"from": 1440, "to": None, "result": {"text": "none in 24h"}}},
    {"type": "special", "options": {"match": "null+nan", "result": {"text": "unknown"}}},
    {"type": "regex", "options": {"pattern": "LLM(.*)", "result": {"text": "$1"}}},
]
AT = time.mktime((2026, 4, 1, 21, 30, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("defaults", "value", "text"),
    [
        ({"unit": "percent"}, 99.55555, "99.56 %"),
        ({"unit": "percent", "decimals": 2}, 100.0, "100.00 %"),
        ({"unit": "ms"}, 12_345.6, "12,350 ms"),
        ({"unit": "short"}, 1469.0, "1.47 K"),
        ({"unit": "short"}, 7_950_000.0, "7.95 Mil"),
        ({"unit": "short"}, 12.0, "12"),
        ({"unit": "none"}, 1469.0, "1,469"),
        ({"unit": "currencyUSD"}, 2.0, "2 currencyUSD"),
        ({}, 2.5, "2.5"),
        ({}, None, "No data"),
        ({"noValue": "nothing scraped"}, None, "nothing scraped"),
        ({"unit": "time:MMM D HH:mm"}, 1000 * AT, "Apr 01 21:30"),
        ({"mappings": MAPPINGS}, 1, "pending"),
        ({"mappings": MAPPINGS}, 1440.0, "none in 24h"),
        ({"mappings": MAPPINGS}, 1439.0, "1,439"),
        ({"mappings": MAPPINGS}, None, "No data"),
    ],
)
def test_a_value_is_written_in_its_unit_or_as_its_mapping_says(
    defaults: dict[str, Any], value: float | None, text: str
) -> None:
    assert Field.of(panel("stat", **defaults)).text(value) == text
