"""Reading SPF policies: whatever they say of each other, it comes to an end, within the questions that receivers ask."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.services.check import spf

DOMAINS = [f"d{number}.example" for number in range(6)]
_TERMS = st.one_of(
    st.sampled_from(DOMAINS).map(lambda name: f"include:{name}"),
    st.sampled_from(DOMAINS).map(lambda name: f"redirect={name}"),
    st.sampled_from(["a", "mx/24", "ptr", "-all", "~all", "?all", "+all", "all", "exists:%{i}.x.example"]),
    st.sampled_from(
        ["ip4:192.0.2.0/24", "exp=why.example", "include:%{d}.example", "include:", "nonsense==", "é"]
    ),
)
_RECORDS = st.lists(_TERMS, max_size=6).map(lambda terms: " ".join(["v=spf1", *terms]))
_ZONES = st.fixed_dictionaries({name: st.lists(_RECORDS | st.text(), max_size=2) for name in DOMAINS})


async def _read(zone: dict[str, list[str]]) -> tuple[spf.Spf, Counter[str]]:
    asked: Counter[str] = Counter()

    async def texts(name: str) -> list[str]:
        asked[name] += 1
        return zone.get(name, [])

    return await spf.read(DOMAINS[0], texts), asked


@given(_ZONES)
async def test_any_web_of_policies_is_read_within_the_limit(zone: dict[str, list[str]]) -> None:
    found, asked = await _read(zone)
    assert asked.total() <= spf.MOST_LOOKUPS + 2
    assert max(asked.values()) <= 2
    assert found.ending in {"", "+", "-", "~", "?"}
    assert found.lookups >= len(found.includes)


async def test_a_redirect_ends_as_its_target_does_unless_all_stands_before() -> None:
    target = {"d1.example": ["v=spf1 -all"]}
    ends = [
        (await _read({**target, "d0.example": [record]}))[0].ending
        for record in ("v=spf1 redirect=d1.example", "v=spf1 redirect=d1.example ~all")
    ]
    assert ends == ["-", "~"]


async def test_an_include_does_not_say_how_the_policy_ends() -> None:
    zone = {"d1.example": ["v=spf1 -all"], "d0.example": ["v=spf1 include:d1.example"]}
    found, _ = await _read(zone)
    assert (found.ending, found.includes, found.lookups) == ("", {"d1.example"}, 1)
