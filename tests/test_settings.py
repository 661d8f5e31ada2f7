"""Settings of a deployment come from the environment, and a wrong one is named."""

import pytest

from flows.settings import load_settings
from pipeline.errors import ConfigurationError


def test_the_environment_counts_and_a_command_wins(monkeypatch):
    monkeypatch.setenv("CALLQA_SHARD", "7")
    monkeypatch.setenv("CALLQA_PROFILE", "gpu")
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政", "阳光"]')
    settings = load_settings(profile="cpu", weights=None)
    assert (settings.shard, settings.profile, settings.weights) == (7, "cpu", None)
    assert settings.slots == {"company": ("阳光家政", "阳光")}


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CALLQA_SHARD", "0"), ("CALLQA_SHARD", "many"), ("CALLQA_PROFILE", "tpu"), ("CALLQA_COMPANIES", "阳光家政")],
)
def test_a_wrong_variable_is_named(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable if variable != "CALLQA_COMPANIES" else "companies"):
        load_settings()
