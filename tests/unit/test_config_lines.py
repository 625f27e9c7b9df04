"""Where a key stands: found in any form that TOML allows, and in files that are no TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.config.lines import find

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TRICKY = '''\
title = """
[no.table]
no = "key"
\\"""
"""
[a."b c".d]  # ] [x]
"q.r" = [
  "[not a table]",  # ]
  'no = key',
]
dotted.key = 1
inline = {x = 1, y = [2, 3]}
[[list]]
it = 'a"b'
[[list.inner]]
z = 1
[[list]]
[list.one]
y = 2
[[list.inner]]
z = 3
[[list.inner]]
z = 4
'''


def paths(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, one in inner for path in ((*at, key), *paths(one, (*at, key)))]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 1),
        (("a",), 6),
        (("a", "b c", "d"), 6),
        (("a", "b c", "d", "q.r"), 7),
        (("a", "b c", "d", "q.r", 1), 7),
        (("a", "b c", "d", "dotted", "key"), 11),
        (("a", "b c", "d", "inline", "y", 0), 12),
        (("list", 0, "it"), 14),
        (("list", 0, "inner", 0, "z"), 16),
        (("list", 1), 17),
        (("list", 1, "one", "y"), 19),
        (("list", 1, "inner", 1, "z"), 23),
        (("a", "b c", "missing"), 6),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_a_key_is_found_or_else_what_is_around_it(path: tuple[str | int, ...], line: int | None) -> None:
    assert find(TRICKY).of(path) == line


@pytest.mark.parametrize("text", [TRICKY, EXAMPLE.read_text("utf-8")], ids=["tricky", "example"])
def test_every_key_that_toml_finds_has_a_line_and_no_other_does(text: str) -> None:
    known = set(paths(tomllib.loads(text)))
    found = find(text)
    assert set(found.starts) <= known
    assert all(found.of(path) for path in known)
    assert found.twice == []


names = st.text("abcdefgh_", min_size=1, max_size=3)
values = st.sampled_from(
    ["1", '"a # [b]"', "[1,\n 2]", '"""\nx = 1\n[y]\n"""', "'c = \"'", "{n = 1}", "true # = ["]
)


@given(st.dictionaries(names, st.dictionaries(names, values, max_size=4), max_size=4))
def test_whatever_the_values_each_key_stands_where_it_was_written(tables: dict[str, dict[str, str]]) -> None:
    lines: list[str] = []
    where: dict[tuple[str, ...], int] = {}
    for table, keys in tables.items():
        lines.append(f"[{table}]")
        where[table,] = len(lines)
        for key, value in keys.items():
            where[table, key] = len(lines) + 1
            lines.extend(f"{key} = {value}".split("\n"))
    text = "\n".join(lines)
    assert tomllib.loads(text).keys() == tables.keys()
    assert find(text).starts == where


@given(st.text("[]{}\"'=.#\\ \nab", max_size=60))
def test_no_text_is_too_spoilt_to_be_looked_at(text: str) -> None:
    found = find(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in found.starts.values())


def test_what_stands_twice_is_told_with_both_lines() -> None:
    assert find("[a]\nx = 1\nx = 2\n[b]\n[a]\n").twice == [(("a", "x"), 2, 3), (("a",), 1, 5)]
    assert find("[[a]]\n[[a]]\n[a.b]\n[[a]]\n[a.b]\n").twice == []
