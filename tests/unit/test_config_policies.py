"""Named policies in the configuration: what they take from `[policy]`, and what they cannot say."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer import config
from relance_mailer.config import PolicyRules, PolicySettings
from relance_mailer.dunning.policy import DEFAULT, DEFAULT_STAGES, RESERVED, Entry, Policy, Pursuit
from relance_mailer.errors import ConfigError

HERE = Path("/etc/relance/config.toml")
REMINDER = {"key": "softly", "kind": "reminder", "offset_days": 20}


def read(policy: dict[str, Any] | None = None, **policies: dict[str, Any]) -> config.Config:
    data: dict[str, Any] = {
        "language": "en",
        "creditor": {"name": "Exemple SARL"},
        "smtp": {"host": "smtp.example", "from_address": "compta@exemple.example"},
        "mailboxes": [{"host": "imap.example"}],
        "policy": policy or {},
        "policies": policies,
    }
    return config.parse(data, HERE)


def named(policy: dict[str, Any] | None = None, **rules: Any) -> Policy:
    return read(policy, gentle=rules).named_policies()["gentle"]


def complaint(policy: dict[str, Any] | None = None, **policies: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        read(policy, **policies)
    return str(caught.value)


def test_without_any_table_there_are_none() -> None:
    assert read().named_policies() == {}


def test_a_policy_takes_from_the_installations_all_that_it_does_not_give() -> None:
    policy = named({"min_days_between": 9, "entry": "fitting", "max_payment_age": 1}, window_start="11:00:00")
    assert (policy.name, policy.min_days_between, policy.entry) == ("gentle", 9, Entry.FITTING)
    assert (policy.window.start, policy.window.end) == (time(11), time(17))
    assert policy.max_payment_age == 1
    assert policy.window.zone.key == "Europe/Paris"
    assert policy.stages == DEFAULT_STAGES


def test_it_takes_the_installations_own_stages_or_has_its_own() -> None:
    common = {"stages": [{**REMINDER, "key": "all"}]}
    assert [stage.key for stage in named(common, courtesy_holds=1).stages] == ["all"]
    assert [stage.key for stage in named(common, stages=[REMINDER]).stages] == ["softly"]


@pytest.mark.parametrize("key", sorted(PolicySettings.model_fields.keys() - PolicyRules.model_fields.keys()))
def test_what_belongs_to_the_whole_installation_has_no_place_in_it(key: str) -> None:
    words = complaint(gentle={key: 1})
    assert "policies.gentle" in words
    assert f"{key} is not a setting that exists" in words


def test_the_whole_installations_settings_are_the_ages_and_the_brake() -> None:
    assert PolicySettings.model_fields.keys() - PolicyRules.model_fields.keys() == {
        "max_payment_age",
        "max_inbox_age",
        "brake_times_usual",
        "brake_first_contacts",
    }


def test_its_hours_are_judged_together_with_those_that_it_takes_over() -> None:
    evening = {"window_end": "20:00:00"}
    assert named(evening, window_start="18:00:00").window.start == time(18)
    words = complaint(None, gentle={"window_start": "18:00:00"})
    assert "[policies.gentle]" in words
    assert "never opens" in words


def test_its_stages_are_judged_like_the_installations() -> None:
    words = complaint(gentle={"stages": [REMINDER, REMINDER]})
    assert "policies.gentle" in words
    assert "same key" in words


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_policy_is_called_by_a_word_that_means_something_else(name: str) -> None:
    assert name in complaint(**{name: {}})


@pytest.mark.parametrize("name", ["Gentle", "key accounts", "comptes_clés", "_a", "a__b", ""])
def test_a_name_can_be_written_in_one_way_only(name: str) -> None:
    assert "policies" in complaint(**{name: {}})


@given(
    st.dictionaries(
        st.sampled_from(["min_days_between", "courtesy_holds", "replaced_promises"]), st.integers(1, 30)
    ),
    st.dictionaries(
        st.sampled_from(["min_days_between", "courtesy_holds", "replaced_promises"]), st.integers(1, 30)
    ),
)
def test_what_it_gives_counts_and_else_what_all_have(common: dict[str, int], own: dict[str, int]) -> None:
    policy, all_others = named(common, **own), read(common).policy
    for key in ("min_days_between", "courtesy_holds", "replaced_promises"):
        assert getattr(policy, key) == own.get(key, getattr(all_others, key))


def test_the_installations_policy_is_called_default() -> None:
    loaded = read()
    assert loaded.policy.policy(loaded.creditor.zone).name == DEFAULT
    assert loaded.policy.policy(loaded.creditor.zone).pursuit is Pursuit.STAGED
