"""Which files a configuration's targets give."""

from collections import Counter
from pathlib import PurePosixPath

import pytest
import yaml

from config import BuildTarget, Config, Dashboard
from delivery.render import generated_by
from delivery.targets import TARGETS, build

FILES = build(Config())
CHANGED = Config(
    labels=("cluster", "namespace"),
    jobs=("compozy-a", "compozy-b"),
    datasource_uid="other-source",
    dashboard=Dashboard(uid="Other_Uid", title="Other title", folder="Teams' $HOME"),
)


def test_no_two_targets_write_the_same_file() -> None:
    written = Counter(path for files in TARGETS.values() for path in files(Config()))
    assert [path for path, count in written.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_is_below_cluster_says_that_it_is_generated_and_can_be_read(
    path: PurePosixPath,
) -> None:
    assert path.parts[0] == "cluster"
    head = FILES[path] if path.suffix == ".json" else FILES[path].splitlines()[0]
    assert generated_by("build") in head
    (document,) = yaml.safe_load_all(FILES[path])  # JSON is YAML as well
    assert isinstance(document, dict)


def test_nothing_of_a_changed_configuration_is_left_at_its_default() -> None:
    for target in BuildTarget:
        default, changed = TARGETS[target](Config()), TARGETS[target](CHANGED)
        assert set(default.values()) != set(changed.values()), target
    text = "".join(build(CHANGED).values())
    assert "Other_Uid" in text
    assert "compozy-prometheus" not in text
    assert "folder: Compozy" not in text
    assert "sum by (component" not in text
