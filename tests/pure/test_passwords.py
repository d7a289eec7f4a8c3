"""What a password may be, and that it is compared to the last character."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from logistics.rules import passwords
from logistics.rules.errors import InvalidValue
from logistics.work.breached import is_breached
from logistics.work.credentials import require_good
from seed.load import person_code

PERSON = person_code(1, 2)
PHRASE = "amber violin rides seven quiet trams past the harbour, then forgets why it came at all today 2"
TEMPLATES = Path(__file__).parents[2] / "api" / "pages" / "templates"


@pytest.mark.parametrize(
    "password",
    [
        "violin harbour amber tram",
        "VIOLIN HARBOUR AMBER TRAM",
        "7302 9154 8861 0427 5593",
        "琥珀の路面電車は港を過ぎて忘れる",
        "~^|/ ;?' %<> {}[]: ,.=+-_",
        PHRASE[:64],
        PHRASE.ljust(passwords.MOST_CHARACTERS, "~"),
    ],
)
def test_characters_of_any_kind_and_long_sentences_are_good_passwords(password: str) -> None:
    assert passwords.too_weak(password, PERSON) is None


def test_a_password_is_compared_as_it_was_typed_to_its_last_character() -> None:
    long = PHRASE.ljust(passwords.MOST_CHARACTERS, "~")
    kept = passwords.hashed(long)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.fits(long, kept)
    for other in (long[:-1], long[:-1] + "-", long.swapcase(), f" {long}", f"{long} "):
        assert not passwords.fits(other, kept)


def test_a_password_that_was_stolen_elsewhere_is_found_in_the_operators_file(tmp_path: Path) -> None:
    stolen, file = [f"stolen password {n}" for n in range(2_000)], tmp_path / "pwned.txt"
    digests = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in stolen)
    for end in ("\n", "\r\n"):
        file.write_bytes("".join(f"{digest}:{n}{end}" for n, digest in enumerate(digests)).encode())

        assert all(is_breached(one, file) for one in stolen)
        assert not any(is_breached(f"my own password {n}", file) for n in range(2_000))
        with pytest.raises(InvalidValue, match="stolen"):
            require_good(stolen[7], "P0001027", file)
        require_good("a horse, a battery, a staple", "P0001027", file)
    file.write_bytes(b"")
    assert not is_breached(stolen[0], file)


def test_where_the_operator_wants_it_a_code_is_good_for_its_thirty_seconds_alone() -> None:
    secret, at = passwords.new_secret(), datetime(2026, 4, 1, 9, 0, 10, tzinfo=UTC)
    code = passwords.code_at(secret, at)

    def good(drift: int) -> list[int]:
        return [
            seconds
            for seconds in range(-90, 91)
            if passwords.step_of(secret, code, at + timedelta(seconds=seconds), drift) is not None
        ]

    assert (good(0)[0], good(0)[-1], len(good(0))) == (-10, 19, 30)
    assert len(good(1)) == 90


def test_every_password_is_typed_unseen_and_may_come_from_a_password_manager() -> None:
    fields = [
        (file.name, field)
        for file in TEMPLATES.iterdir()
        for field in re.findall(r"<input[^>]*>", file.read_text(encoding="utf-8"))
        if "password" in field
    ]

    assert len(fields) >= 5
    for name, field in fields:
        assert 'type="password"' in field, name
        assert re.search(r'autocomplete="(current|new)-password"', field), name
        assert not re.search(r"\bon[a-z]+=|readonly", field), name
