from config import Config
from exporter_stub.catalogue import load_catalogue
from exporter_stub.faults import FaultName
from stack.demo import light_models, silent_end, start_length

SPEED = 10
CONFIG = Config().at_speed(SPEED)


def test_a_demo_has_models_but_for_the_heavy_ones() -> None:
    assert 0 < len(light_models().models) < len(load_catalogue().models)


def test_a_silent_end_has_no_workflows_until_a_minute_before_the_alert() -> None:
    ((ahead, fault),) = silent_end(CONFIG, SPEED).incidents
    assert (fault.name, ahead, fault.seconds) == (FaultName.SILENCE, 29 * 6, 29 * 6)


def test_a_start_history_is_as_long_as_the_rules_look_back() -> None:
    for whole_day, hours in ((True, 25), (False, 2.5)):
        assert start_length(CONFIG, SPEED, whole_day=whole_day) == hours * 3600 / SPEED
