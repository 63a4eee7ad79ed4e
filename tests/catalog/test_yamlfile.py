"""Catalog files are plain text trees: every scalar is text, every value has its line, every trick is refused."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from weapons_ref.catalog.yamlfile import MAX_BYTES, MAX_DEPTH, Tree, parse_tree, read_tree
from weapons_ref.errors import CatalogError


def parse(text: str) -> Tree:
    return parse_tree(text.encode(), "x.yaml")


def problems(data: str | bytes) -> list[str]:
    return [
        str(problem) for problem in parse_tree(data if isinstance(data, bytes) else data.encode(), "x.yaml").problems
    ]


_SCALARS = """
    NO no yes on y true null ~ 1:30 190:20:30 2024-05-17 2024-05 0x1F 0o17 017 1_000 1e3 .inf .nan = << 300
    165-300 300.0 Херсон 海马斯 Ｎ
"""


@pytest.mark.parametrize("scalar", _SCALARS.split())
def test_every_scalar_is_the_text_that_was_written(scalar: str) -> None:
    """YAML 1.1 would make false of NO, 90 of 1:30 and a date of a date."""
    assert parse(f"key: {scalar}\nlist: [{scalar}]\n").content == {"key": scalar, "list": [scalar]}
    assert parse(f"{scalar}: value\n").content == {scalar: "value"}


def test_nothing_written_is_empty_text() -> None:
    """A key without a value holds no null that a later step could trip over."""
    assert parse("a:\nb: ''\n").content == {"a": "", "b": ""}


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"), max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(st.sampled_from("abcXYZ-09 é海"), min_size=1, max_size=5), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_trees_of_text_come_back_as_they_were_written(tree: Any) -> None:
    """What a YAML writer writes of lists, mappings and text is what is read."""
    text = yaml.safe_dump(tree, allow_unicode=True, default_style='"', width=10**6)
    read = parse(text)
    assert (read.content, read.problems) == (tree, [])


def test_every_value_has_its_line() -> None:
    """Lines count from 1, in block and in flow style, comments included; an unknown path has its holder's line."""
    tree = parse(
        "# first\nid: a\nnames:\n  en: [A,\n    B]\nclaims:\n  - {km: 300,\n     src: x}\n  # note\n  - {km: 2}\n"
    )
    assert {path: tree.line(path) for path in tree.lines} == {
        (): 2,
        ("id",): 2,
        ("names",): 3,
        ("names", "en"): 4,
        ("names", "en", 0): 4,
        ("names", "en", 1): 5,
        ("claims",): 6,
        ("claims", 0): 7,
        ("claims", 0, "km"): 7,
        ("claims", 0, "src"): 8,
        ("claims", 1): 10,
        ("claims", 1, "km"): 10,
    }
    assert tree.line(("claims", 0, "as")) == 7
    assert tree.where(("claims", 1, "as", 3)) == "x.yaml:10"


def test_a_byte_order_mark_is_tolerated() -> None:
    """As some editors write one."""
    assert parse_tree(b"\xef\xbb\xbfid: a\n", "x.yaml").content == {"id": "a"}


def test_line_ends_of_other_systems_are_line_ends() -> None:
    """Carriage returns count lines as line feeds do."""
    tree = parse_tree(b"id: a\r\nkind: b\r\n", "x.yaml")
    assert tree.content == {"id": "a", "kind": "b"}
    assert tree.line(("kind",)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: &name x\n", "x.yaml:2: anchor &name: anchors are not allowed"),
        ("a: 1\n&name b: x\n", "x.yaml:2: anchor &name: anchors are not allowed"),
        ("a: &name\n  b: 1\n", "x.yaml:1: anchor &name: anchors are not allowed"),
        ("a: &name [1]\n", "x.yaml:1: anchor &name: anchors are not allowed"),
        ("a: 1\nb: *name\n", "x.yaml:2: alias *name: aliases are not allowed, write the value out"),
        ("a: 1\n*name : x\n", "x.yaml:2: alias *name: aliases are not allowed, write the value out"),
        ("a: !!str 1\n", "x.yaml:1: tag tag:yaml.org,2002:str: tags are not allowed"),
        ("a: 1\nb: !!python/object/apply:os.system [x]\n", "x.yaml:2: tag tag:yaml.org,2002:python/object/apply"),
        ("a: !own {b: c}\n", "x.yaml:1: tag !own: tags are not allowed"),
        ("a: ! b\n", "x.yaml:1: tag !: tags are not allowed"),
        ("!!map\na: b\n", "x.yaml:1: tag tag:yaml.org,2002:map: tags are not allowed"),
        ("a: 1\n---\nb: 1\n", "x.yaml:2: a second document; one file holds one record"),
        ("a: 1\n...\n---\nb: 1\n", "x.yaml:3: a second document; one file holds one record"),
        ("a: 1\n? [b, c]\n: 2\n", "x.yaml:2: a key must be plain text"),
        ("a: 1\n? {b: c}\n: 2\n", "x.yaml:2: a key must be plain text"),
        ("a: {{b: c}: d}\n", "x.yaml:1: a key must be plain text"),
        ("a: 1\nb: [1, 2\n", "x.yaml:3: not valid YAML: "),
        ("a: 1\n\tb: 2\n", "x.yaml:2: not valid YAML: "),
        ("a: 1\nb: c: d\n", "x.yaml:2: not valid YAML: "),
        ('a: 1\nb: "\\ud800"\n', "x.yaml:2: not valid YAML: "),
        ("", "x.yaml:1: the file is empty"),
        ("# only a comment\n\n# and another\n", "x.yaml:1: the file is empty"),
        ("\n\n", "x.yaml:1: the file is empty"),
    ],
)
def test_what_is_no_plain_tree_is_refused_with_its_line(text: str, said: str) -> None:
    """Anchors, aliases, tags, second documents, keys that are no text, broken syntax and nothing at all."""
    (problem,) = problems(text)
    assert problem.startswith(said)
    assert parse(text).content is None


def test_duplicate_keys_are_all_listed() -> None:
    """Reading goes on after one, and finds the next; the same key in another mapping is none."""
    assert problems("a: 1\nb: {a: 1, c: 2, c: 3}\na: 2\n'a': 3\nd: [{a: 1}, {a: 1}]\n") == [
        "x.yaml:2: duplicate key 'c'",
        "x.yaml:3: duplicate key 'a'",
        "x.yaml:4: duplicate key 'a'",
    ]


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\uffff"])
def test_a_control_character_is_refused_with_its_line(character: str) -> None:
    """A NUL or an escape in a file is none of ours, and is found where it stands."""
    (problem,) = problems(f"a: é\nb: 1\nc: x{character}y\nd: 1\n")
    assert problem.startswith("x.yaml:3: not valid YAML: ")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a: \xff\n", "x.yaml:1: byte 3 is not UTF-8"),
        ("a: 1\nb: Москва\n".encode("cp1251"), "x.yaml:2: byte 8 is not UTF-8"),
        ("a: é\nb: ".encode() + b"\xc3", "x.yaml:2: byte 9 is not UTF-8"),
        ("a: b\n".encode("utf-16"), "x.yaml:1: byte 0 is not UTF-8"),
        (b"a: \xed\xa0\x80\n", "x.yaml:1: byte 3 is not UTF-8"),
    ],
)
def test_what_is_not_utf_8_is_refused_with_its_byte(data: bytes, said: str) -> None:
    """Legacy encodings, UTF-16, cut characters, surrogates."""
    assert problems(data) == [said]


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_nesting_ends_at_64_levels(opening: str, closing: str) -> None:
    """64 levels are read, 65 are refused."""
    assert MAX_DEPTH == 64
    assert not problems(opening * 64 + closing * 64)
    assert problems(opening * 65 + closing * 65) == ["x.yaml:1: nested deeper than 64 levels"]


def test_a_file_of_more_than_five_mebibytes_is_refused(tmp_path: Path) -> None:
    """The limit itself is allowed; of a larger file no more than the limit is read."""
    assert MAX_BYTES == 5 * 1024**2
    assert not problems(b"a: 1 #" + b"x" * (MAX_BYTES - 6))
    assert problems(b"a: 1 #" + b"x" * (MAX_BYTES - 5)) == ["x.yaml:1: the file is larger than 5 MiB"]
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as stream:
        stream.truncate(2**36)
    tree = read_tree(huge, "huge.yaml")
    assert [str(problem) for problem in tree.problems] == ["huge.yaml:1: the file is larger than 5 MiB"]


_LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}, *{before}, *{before}]\n"
    for before, name in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
)
_BOMBS = {
    "20,000 brackets": "[" * 20_000,
    "20,000 pairs of brackets": "[" * 20_000 + "]" * 20_000,
    "20,000 braces": "{a: " * 20_000,
    "20,000 dashes": "- " * 20_000,
    "20,000 explicit keys": "? " * 20_000,
    "20,000 indents": "".join(f"{' ' * depth}a:\n" for depth in range(2_000)),
    "laughs": _LAUGHS,
    "5 MiB of values": "[" + "a," * 2_600_000 + "]",
    "5 MiB of keys": "".join(f"k{number}:\n" for number in range(500_000)),
    "5 MiB of one value": "a: " + "x" * 5_000_000,
    "5 MiB of one quoted key": '"' + "x" * 5_000_000 + '": 1',
    "5 MiB of duplicates": "a:\n" * 1_500_000,
}


@pytest.mark.parametrize("name", _BOMBS)
def test_a_bomb_costs_less_than_a_second_and_200_megabytes(name: str, tmp_path: Path) -> None:
    """Measured in a process of its own, by its processor time and its highest memory."""
    bomb = tmp_path / "bomb.yaml"
    bomb.write_text(_BOMBS[name], encoding="utf-8")
    code = (
        "import re, sys, time, yaml\n"
        "from pathlib import Path\n"
        "from weapons_ref.catalog.yamlfile import read_tree\n"
        "start = time.process_time()\n"
        "tree = read_tree(Path(sys.argv[1]), 'bomb.yaml')\n"
        "spent = time.process_time() - start\n"
        # Not ru_maxrss, which begins with that of the process which started this one.
        "most = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(len(tree.problems), spent, most)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, bomb], capture_output=True, text=True, check=True)
    found, seconds, kilobytes = ran.stdout.split()
    assert int(found) >= (0 if "one" in name else 1)
    assert float(seconds) < 1
    assert int(kilobytes) < 200_000


def test_without_the_c_parser_everything_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML may have been built without libyaml."""
    texts = ["a: [NO, 1:30]\nb: {c: 2024-05-17}\n", "a: &x 1\n", "a: 1\na: 2\n", "[" * 20_000, "a: é\nb: x\0\n", ""]

    def read() -> list[Any]:
        # The parsers word what is no YAML in their own ways.
        return [(parse(text).content, [said.partition(" YAML: ")[0] for said in problems(text)]) for text in texts]

    expected = read()
    monkeypatch.delattr(yaml, "CSafeLoader")
    start = time.process_time()
    assert read() == expected
    assert time.process_time() - start < 1


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    """One line with the file's name, no traceback."""
    with pytest.raises(CatalogError, match=r"^gone\.yaml: No such file"):
        read_tree(tmp_path / "gone.yaml", "gone.yaml")
    with pytest.raises(CatalogError, match=r"^folder: Is a directory"):
        read_tree(tmp_path, "folder")
