"""The number of a notice: read in every way it is written, told by nothing that is kept, under a key in a file."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.rules.errors import InvalidValue
from logistics.work.notice_numbers import KEY_FILE, NoticeKey

KEY, OTHER = NoticeKey(b"k" * 32), NoticeKey(b"o" * 32)
NUMBERS = st.from_regex(r"[0-9A-Z]{3}-?[0-9]{6}", fullmatch=True)


@given(NUMBERS)
def test_a_number_is_the_same_however_it_is_written(number: str) -> None:
    said = {KEY.hash(way, "n") for way in (number, number.lower(), number.replace("-", ""), f" {number} ")}

    assert len(said) == 1


@given(NUMBERS, NUMBERS)
def test_two_numbers_have_two_hashes(one: str, other: str) -> None:
    same = one.replace("-", "") == other.replace("-", "")

    assert (KEY.hash(one, "n") == KEY.hash(other, "n")) == same


@given(NUMBERS)
def test_without_the_key_a_hash_tells_nothing(number: str) -> None:
    plain = number.replace("-", "")

    kept = KEY.hash(number, "n")

    assert kept.hash != OTHER.hash(number, "n").hash
    assert kept.key_id != OTHER.hash(number, "n").key_id
    assert kept.hash not in {hashlib.sha256(text.encode()).digest() for text in (number, plain)}
    assert plain not in repr(kept)


@pytest.mark.parametrize(
    "wrong", ["", "A1B", "A1B-00012", "A1B-0001234", "A1B--000123", "A1Bx000123", "１２３-000123"]
)
def test_what_is_no_number_is_refused_by_its_field(wrong: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        KEY.hash(wrong, "scans[0].notice_number")

    assert refusal.value.field == "scans[0].notice_number"
    assert not wrong or wrong not in refusal.value.message


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as processes:
        kept = set(processes.map(lambda _: NoticeKey.kept(tmp_path / "signer"), range(8)))

    assert len(kept) == 1
    assert [path.name for path in (tmp_path / "signer").iterdir()] == [KEY_FILE]
    assert (tmp_path / "signer" / KEY_FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "no hex", "ab" * 31])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)

    with pytest.raises(ValueError, match=r"key|hexadecimal"):
        NoticeKey.kept(tmp_path)
