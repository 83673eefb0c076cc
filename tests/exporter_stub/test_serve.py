from pathlib import Path

import pytest

from exporter_stub.serve import Monitoring, load

ON = "monitoring: {enabled: true, path: /a}"
ON_A = Monitoring(enabled=True, path="/a")


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("name: shop\n", {}, Monitoring(enabled=False, path="/metrics")),
        ("", {}, Monitoring()),
        ("monitoring:\n", {}, Monitoring()),
        (f"name: shop\n{ON}", {}, ON_A),
        (ON, {"MONITORING_ENABLED": "false"}, Monitoring(enabled=False, path="/a")),
        (ON, {"MONITORING_PATH": "/b"}, Monitoring(enabled=True, path="/b")),
        (ON, {"MONITORING_ENABLED": "", "MONITORING_PATH": " "}, ON_A),
        *(
            ("", {"MONITORING_PATH": path}, Monitoring(path=path))
            for path in ("/apidocs", "/", "/a.b/c-d_e~f/", "/.metrics")
        ),
    ],
)
def test_the_file_is_read_and_a_variable_that_is_not_empty_wins_over_it(
    tmp_path: Path, text: str, environment: dict[str, str], expected: Monitoring
) -> None:
    file = tmp_path / "compozy.yaml"
    file.write_text(text)
    assert load(file, environment) == expected
