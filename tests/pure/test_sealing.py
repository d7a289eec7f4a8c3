"""What the service's one key seals, and what is made by chance."""

from __future__ import annotations

from math import log2
from pathlib import Path

import pytest

from logistics.rules import passwords, tokens
from logistics.store.sealing import KEY_BYTES, SealBroken, Sealer
from logistics.work import archives

PLAIN = b"JBSWY3DPEHPK3PXP"


def test_what_is_sealed_opens_for_its_row_with_its_key_and_unaltered_only() -> None:
    sealer = Sealer(bytes(KEY_BYTES))
    sealed = sealer.seal(PLAIN, "P0001027")

    assert sealer.open(sealed, "P0001027") == PLAIN
    assert PLAIN not in sealed
    assert sealer.seal(PLAIN, "P0001027")[:12] != sealed[:12], "no nonce comes twice"
    for n in range(len(sealed)):
        altered = bytearray(sealed)
        altered[n] ^= 1
        with pytest.raises(SealBroken):
            sealer.open(bytes(altered), "P0001027")
    with pytest.raises(SealBroken):
        sealer.open(sealed, "P000002F")
    with pytest.raises(SealBroken):
        Sealer(bytes([1]) * KEY_BYTES).open(sealed, "P0001027")


def test_the_key_is_made_once_by_chance_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    sealed = Sealer.kept(tmp_path).seal(PLAIN, "row")
    file = tmp_path / "sign-in" / "key"

    assert Sealer.kept(tmp_path).open(sealed, "row") == PLAIN
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert len(file.read_bytes()) == KEY_BYTES
    with pytest.raises(SealBroken):
        Sealer.kept(tmp_path / "elsewhere").open(sealed, "row")
    file.write_bytes(b"short")
    with pytest.raises(SealBroken):
        Sealer.kept(tmp_path)


def test_another_key_takes_the_place_of_the_one_in_use_while_the_service_goes_on(tmp_path: Path) -> None:
    running = Sealer.kept(tmp_path)
    directory, before = tmp_path / "sign-in", running.seal(PLAIN, "row")
    first = (directory / "key").read_bytes()

    after = Sealer.succeeding(tmp_path).seal(Sealer.succeeding(tmp_path).open(before, "row"), "row")
    assert running.open(after, "row") == PLAIN, "it looks again for what it cannot open"
    assert Sealer.kept(tmp_path).open(before, "row") == PLAIN, "an end half way loses nothing"
    meanwhile = running.seal(PLAIN, "row")
    Sealer.succeed(tmp_path)

    assert running.open(after, "row") == running.open(meanwhile, "row") == PLAIN
    assert Sealer.kept(tmp_path).open(meanwhile, "row") == PLAIN, "sealed with the one that stays"
    assert Sealer.kept(tmp_path).open(running.seal(PLAIN, "row"), "row") == PLAIN
    assert Sealer.kept(tmp_path).open(after, "row") == PLAIN
    assert [path.name for path in directory.iterdir()] == ["key"]
    assert (directory / "key").read_bytes() != first
    assert (directory / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(SealBroken):
        Sealer.kept(tmp_path).open(before, "row")


def test_tokens_have_256_bits_one_time_codes_133_passwords_of_exports_148_and_authenticators_160() -> None:
    """As long as they are said to be, and none comes twice."""
    made = [
        (tokens.new_token(), tokens.new_code(), passwords.new_secret(), archives.new_password())
        for _ in range(200)
    ]

    for token, code, secret, password in made:
        assert len(tokens.from_letters(token)) == 32
        assert len(code.replace("-", "")) * log2(len(set(tokens._TYPED))) >= 128
        assert len(password.replace("-", "")) * log2(len(set(archives._LETTERS))) >= 128
        assert len(secret) == 32
    for one_kind in zip(*made, strict=True):
        assert len(set(one_kind)) == len(made)
