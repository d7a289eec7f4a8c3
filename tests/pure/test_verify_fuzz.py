"""An export that anything at all has happened to: a verdict or a refusal, never a crash, and never "verified"."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from logistics.ledger.verify.check import verify_export
from logistics.ledger.verify.report import Unreadable
from tests.pure.verify_exports import KEY, selection, story, whole

ROUNDS = 400
DEEP = b"[" * 20_000
SPLICES = (
    b"", b"\n", b"\r\n", b"\x00", b"\xff\xfe", "\ufeff".encode(), b"{}", b"null", DEEP, b'{"a":' * 5_000,
    b"9" * 400, b"-1", b"1e400", b"\xed\xa0\x80", "\u2028".encode(), b"NaN", b'"\\ud800"',
)  # fmt: skip

Change = Callable[[bytes, random.Random], bytes]


def splice(content: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(SPLICES) + content[at + chance.choice((0, 0, 1, 7)) :]


def cut(content: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] if chance.random() < 0.5 else content[at:]


def double(content: bytes, chance: random.Random) -> bytes:
    first, last = sorted(chance.randint(0, len(content)) for _ in range(2))
    return content[:last] + content[first:]


def reorder(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def digits(content: bytes, chance: random.Random) -> bytes:
    at = [n for n, byte in enumerate(content) if 48 <= byte <= 57]
    n = chance.choice(at) if at else 0
    return (
        content[:n] + chance.choice((b"18446744073709551616", b"-0", b"00", b"1.0", b"9")) + content[n + 1 :]
    )


def encode(content: bytes, chance: random.Random) -> bytes:
    return content.decode("utf-8").encode(chance.choice(("utf-16", "utf-32", "cp932", "utf-7")), "replace")


CHANGES: tuple[Change, ...] = (splice, splice, cut, double, reorder, digits, encode)


@pytest.mark.parametrize("kind", ["whole", "selection"])
def test_whatever_happens_to_an_export_it_is_not_verified_and_nothing_crashes(
    kind: str, tmp_path: Path
) -> None:
    bodies = story(2)
    good = tmp_path / "good"
    if kind == "whole":
        whole(good, bodies, [7, len(bodies)])
    else:
        selection(good, bodies, [0, 5, 11, 19], [7, len(bodies)])
    chance, wrong = random.Random(2026), []  # noqa: S311 - the same every time
    names = sorted(path.name for path in good.iterdir())
    for turn in range(ROUNDS):
        bad = tmp_path / "bad"
        shutil.copytree(good, bad)
        file = bad / chance.choice(names)
        before = content = file.read_bytes()
        for change in chance.choices(CHANGES, k=chance.randint(1, 3)):
            content = _changed(change, content, chance)
        file.write_bytes(content)
        try:
            verified = verify_export(bad, KEY.vkey).verified
        except Unreadable:
            verified = False
        if verified != (content == before):
            wrong.append((turn, file.name))
        shutil.rmtree(bad)

    assert wrong == []
    assert verify_export(good, KEY.vkey).verified


def _changed(change: Change, content: bytes, chance: random.Random) -> bytes:
    try:
        return change(content, chance)
    except UnicodeDecodeError:
        return content + b"\xff"
