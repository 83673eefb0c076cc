from collections import Counter
from itertools import islice
from statistics import fmean, median

import pytest

from contract.metrics import Component
from exporter_stub.executions import WorkflowRun
from exporter_stub.traffic import CATALOGUE, SCENARIOS, Traffic


def _runs(count: int, scenario: str = "steady", seed: int | None = 1) -> list[WorkflowRun]:
    traffic = Traffic(SCENARIOS[scenario], rate=1, seed=seed)
    return [traffic.next_run() for _ in range(count)]


def test_a_seed_makes_the_same_traffic_again() -> None:
    assert _runs(20) == _runs(20)
    assert _runs(20) != _runs(20, seed=2)


def test_each_run_is_an_agent_in_a_task_in_a_workflow_with_ids_of_their_own() -> None:
    run = _runs(1)[0]
    assert [usage.component for usage in run.usages] == [
        Component.AGENT,
        Component.TASK,
        Component.WORKFLOW,
    ]
    assert run.usages[2].workflow_exec_id == run.workflow_exec_id
    assert len({usage.exec_id for usage in run.usages}) == 3


def test_models_come_in_their_shares() -> None:
    seen = Counter(run.usages[0].model for run in _runs(5000))
    for model in CATALOGUE:
        assert seen[model.name] / 5000 == pytest.approx(model.share, abs=0.03)


def test_token_counts_have_the_traces_medians() -> None:
    usages = [usage for run in _runs(5000) for usage in run.usages]
    assert median(usage.prompt_tokens for usage in usages) == pytest.approx(757, rel=0.1)
    answered = [usage.completion_tokens for usage in usages if usage.completion_tokens]
    assert median(answered) == pytest.approx(151, rel=0.1)


def test_an_embedding_model_never_completes() -> None:
    silent = {model.name for model in CATALOGUE if not model.completes}
    for usage in (usage for run in _runs(500) for usage in run.usages):
        assert (usage.completion_tokens == 0) == (usage.model in silent)


def test_pauses_average_to_the_rate() -> None:
    traffic = Traffic(SCENARIOS["steady"], rate=4, seed=1)
    assert fmean(traffic.pause() for _ in range(5000)) == pytest.approx(0.25, rel=0.1)


def test_steady_traffic_forgets_every_150th_run_of_a_model() -> None:
    by_model: dict[str, list[WorkflowRun]] = {}
    for run in _runs(2000):
        by_model.setdefault(run.usages[0].model, []).append(run)
    for runs in by_model.values():
        forgotten = [number for number, run in enumerate(runs, start=1) if run.forgotten]
        assert forgotten == list(islice(range(150, len(runs) + 1, 150), None))


def test_flawless_traffic_forgets_none() -> None:
    assert not any(run.forgotten for run in _runs(2000, "flawless"))
