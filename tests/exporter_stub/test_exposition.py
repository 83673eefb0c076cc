"""The text formats, read back by prometheus_client's parsers."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from exporter_stub.exposition import SLICE, Table, exposition
from tests.exporter_stub.parsing import Samples, from_openmetrics, from_text

label_values = st.text(
    st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cs"]), max_size=20
)


def _read(*tables: Table) -> Samples:
    lock = threading.Lock()
    found = from_text("".join(exposition(tables, lock, openmetrics=False)))
    assert from_openmetrics("".join(exposition(tables, lock, openmetrics=True))) == found
    return found


@given(
    st.dictionaries(
        label_values,
        st.one_of(
            st.integers(min_value=0, max_value=2**53),
            st.floats(min_value=0, allow_nan=False, allow_infinity=False),
        ),
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cs"])),
)
def test_every_label_value_number_and_help_text_is_read_back(
    series: dict[str, float], text: str
) -> None:
    table = Table("seen_total", "counter", text)
    for label, value in series.items():
        table.add({"label": label, "other": "x"}, value)
    read = {labels["label"]: value for labels, value in _read(table)["seen_total"]}
    assert read == series


def test_more_series_than_a_slice_are_all_there_once() -> None:
    table = Table("seen_total", "counter", "Things seen")
    for number in range(2 * SLICE + 1):
        table.add({"number": str(number)}, number)
    read = [(labels["number"], value) for labels, value in _read(table)["seen_total"]]
    assert read == [(str(number), number) for number in range(2 * SLICE + 1)]


def test_a_series_that_is_born_while_others_are_written_waits_for_the_next_scrape() -> None:
    table = Table("seen_total", "counter", "Things seen")
    table.add({"number": "1"}, 1)
    pieces = exposition([table], threading.Lock(), openmetrics=False)
    head = next(pieces)
    table.add({"number": "2"}, 2)
    table.values[0] = 5
    assert head + "".join(pieces) == (
        '# HELP seen_total Things seen\n# TYPE seen_total counter\nseen_total{number="1"} 1\n'
    )


def test_openmetrics_names_a_counters_family_without_its_suffix_and_ends() -> None:
    table = Table("seen_total", "counter", "Things seen")
    table.add({})
    assert "".join(exposition([table], threading.Lock(), openmetrics=True)) == (
        "# HELP seen Things seen\n# TYPE seen counter\nseen_total 0\n# EOF\n"
    )


def test_a_family_without_series_is_not_mentioned() -> None:
    empty = Table("seen_total", "counter", "Things seen")
    assert "".join(exposition([empty], threading.Lock(), openmetrics=False)) == ""
