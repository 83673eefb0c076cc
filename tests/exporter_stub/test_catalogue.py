import random
from pathlib import Path

import pytest

from contract.file import ConfigError
from exporter_stub.catalogue import Model, load_catalogue

GOOD = "models: [{provider: p, model: m, share: 1, prompt: [1, 1]}]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: []", "models: must have 1 or more entries"),
        (GOOD.replace("share: 1", "share: 0"), "models.0.share: must be greater than 0"),
        (GOOD.replace("share: 1", "shard: 1"), "models.0.share: is required"),
        (GOOD.replace("share: 1", "share: .nan"), "models.0.share: must be less than or equal"),
        ("- 1", ": must be a mapping, not [1]"),
        ("{", "is not YAML"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_catalogue(file)
    assert str(raised.value).startswith(f"{file}: ")
    assert len(str(raised.value).splitlines()) == 1 + ("shard" in text)
    assert said in str(raised.value)


def test_tokens_are_cut_at_the_models_context_and_output() -> None:
    rng = random.Random(1)  # noqa: S311  # traffic, no secrets
    wide = {"provider": "p", "model": "m", "share": 1, "prompt": (7, 5), "completion": (7, 5)}
    model = Model.model_validate({**wide, "context": 1000, "output": 100})
    drawn = [model.tokens(rng) for _ in range(1000)]
    assert max(done for _, done in drawn) == 100
    assert max(prompt for prompt, _ in drawn) > 900
    assert max(prompt + done for prompt, done in drawn) == 1000
