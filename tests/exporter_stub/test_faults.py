import logging
import math
from itertools import accumulate

import pytest

from contract.metrics import Component
from exporter_stub.faults import MOST_TOKENS, Fault, FaultName, Faults, Hit
from exporter_stub.traffic import Usage

OPENAI = Usage("t", Component.TASK, "openai", "m", 100, 10, "w")
OTHER = Usage("t", Component.TASK, "anthropic", "m", 100, 10, "w")
UNKNOWN = Usage("t", Component.AGENT, "", "", 100, 10, "w")


def test_a_fault_undoes_itself_at_its_end_and_says_so(
    faults: Faults, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    faults.begin(Fault(name=FaultName.MUTED, seconds=60))
    clock[0] += 59.9
    assert faults.on_write(OPENAI) == Hit(muted=True)
    assert caplog.messages == ["Fault begins: persistence-muted share=1"]
    clock[0] += 0.1
    assert faults.on_write(OPENAI) == Hit()
    assert caplog.messages[1:] == ["Fault ends: persistence-muted share=1"]
    assert faults.active() == []


@pytest.mark.parametrize("share", [0.02, 1 / 3, 0.007, 0.999])
def test_a_share_is_kept_to_one_hit_at_any_time_for_each_label_set(
    faults: Faults, share: float
) -> None:
    faults.begin(Fault(name=FaultName.MUTED, share=share))
    for usage in (OPENAI, OTHER):
        hits = accumulate(faults.on_write(usage).muted for _ in range(3000))
        assert all(abs(hit - number * share) < 1 for number, hit in enumerate(hits, 1))


@pytest.mark.parametrize(
    ("chosen", "hit"),
    [
        ({}, {OPENAI, OTHER, UNKNOWN}),
        ({"provider": "openai"}, {OPENAI}),
        ({"provider": "unknown"}, {UNKNOWN}),
        ({"model": "m"}, {OPENAI, OTHER}),
        ({"component": Component.AGENT}, {UNKNOWN}),
        ({"provider": "openai", "model": "n"}, set()),
    ],
)
def test_only_those_that_were_chosen_are_hit(
    faults: Faults, chosen: dict[str, str], hit: set[Usage]
) -> None:
    faults.begin(Fault.model_validate({"name": "persistence-muted", **chosen}))
    assert {usage for usage in (OPENAI, OTHER, UNKNOWN) if faults.on_write(usage).muted} == hit


def test_several_are_on_at_once(faults: Faults) -> None:
    faults.begin(Fault(name=FaultName.FOREIGN_KEY))
    faults.begin(Fault(name=FaultName.SLOW, delay=2))
    faults.begin(Fault(name=FaultName.SLOW, delay=1, provider="openai"))
    assert faults.on_write(OPENAI) == Hit(orphaned=True, delay=3)
    assert faults.on_write(OTHER) == Hit(orphaned=True, delay=2)
    faults.begin(Fault(name=FaultName.MUTED, seconds=math.inf))
    faults.clear()
    assert faults.on_write(OPENAI) == Hit(muted=True)  # what is part of the traffic stays


RUN = OPENAI, OTHER, Usage("w", Component.WORKFLOW, "openai", "m", 10, 1, "w")


def test_a_spike_multiplies_the_tokens_of_those_that_were_chosen(faults: Faults) -> None:
    faults.begin(Fault(name=FaultName.SPIKE, factor=5, provider="openai"))
    tokens = [(usage.prompt_tokens, usage.completion_tokens) for usage in faults.on_run(RUN)]
    assert tokens == [(500, 50), (100, 10), (50, 5)]
    for _ in range(10):
        faults.begin(Fault(name=FaultName.SPIKE, factor=1000))
    assert {usage.prompt_tokens for usage in faults.on_run(RUN)} == {MOST_TOKENS}


def test_a_silence_takes_workflows_alone(faults: Faults) -> None:
    faults.begin(Fault(name=FaultName.SILENCE))
    assert faults.on_run(RUN) == (OPENAI, OTHER)


def test_a_new_model_takes_its_share_of_whole_runs(faults: Faults) -> None:
    faults.begin(Fault(name=FaultName.NEW_MODEL, share=0.25, provider="p", model="n"))
    models = [{usage.model for usage in faults.on_run(RUN)} for _ in range(8)]
    assert models == 2 * [{"m"}, {"m"}, {"m"}, {"n"}]
