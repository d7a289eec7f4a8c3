"""Signed notes and checkpoints: the published example, the round trip, and what must be refused."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.ledger import notes
from logistics.ledger.notes import Checkpoint, Note, NoteRefused, Signature, SigningKey, Verifier

# The key and note of Go's golang.org/x/mod/sumdb/note documentation.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of C2SP tlog-checkpoint.
C2SP_CHECKPOINT = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)

ORIGIN = "cards.example/kyoto"
KEY = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey("witness.example/nakagyo", Ed25519PrivateKey.from_private_bytes(bytes(32)))
NOTE = notes.sign_checkpoint(ORIGIN, 20852163, bytes(range(32)), KEY)

names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1)
names = names.filter(lambda name: not any(c.isspace() for c in name))
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
roots = st.binary(min_size=32, max_size=32)
checkpoints = st.builds(
    Checkpoint, lines, st.integers(0, 2**63 - 1), roots, st.lists(lines, max_size=3).map(tuple)
)
signatures = st.builds(
    Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=100)
)
texts = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1)
signed = st.builds(
    Note, texts.map(lambda t: "\n".join(t) + "\n"), st.lists(signatures, min_size=1, max_size=16).map(tuple)
)


def test_the_note_in_gos_documentation_is_verified() -> None:
    verifier = notes.parse_vkey(GO_VKEY)

    note = notes.open_note(GO_NOTE, [verifier])

    assert str(verifier) == GO_VKEY
    assert verifier.name == "PeterNeumann"
    assert str(note) == GO_NOTE
    assert note.text.endswith("what your problem is.\n")


def test_the_checkpoint_in_the_specification_is_read() -> None:
    note = notes.parse_note(C2SP_CHECKPOINT)

    checkpoint = notes.parse_checkpoint(note.text)

    assert (checkpoint.origin, checkpoint.size, checkpoint.extensions) == (
        "example.com/behind-the-sofa",
        20852163,
        (),
    )
    assert base64.b64encode(checkpoint.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert str(checkpoint) == note.text


def test_what_a_key_signs_its_verifier_key_opens() -> None:
    verifier = notes.parse_vkey(KEY.vkey)

    assert notes.open_checkpoint(NOTE, [verifier]) == Checkpoint(ORIGIN, 20852163, bytes(range(32)))
    assert verifier == KEY.verifier


def test_a_key_survives_being_kept_as_a_file() -> None:
    key = SigningKey.generate(ORIGIN)

    again = SigningKey.from_pem(ORIGIN, key.to_pem())

    assert again.vkey == key.vkey
    assert notes.open_note(str(Note("a\n", (again.sign("a\n"),))), [key.verifier]).text == "a\n"


@pytest.mark.parametrize(
    "pem", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_is_refused(pem: bytes) -> None:
    with pytest.raises(NoteRefused, match="private key"):
        SigningKey.from_pem(ORIGIN, pem)


@settings(deadline=None)
@given(checkpoints)
def test_a_checkpoint_reads_as_it_is_written(checkpoint: Checkpoint) -> None:
    assert notes.parse_checkpoint(str(checkpoint)) == checkpoint


@settings(deadline=None)
@given(signed)
def test_a_note_reads_as_it_is_written(note: Note) -> None:
    assert notes.parse_note(str(note)) == note


@settings(deadline=None)
@given(names, st.binary(min_size=32, max_size=32))
def test_a_verifier_key_reads_as_it_is_written(name: str, public: bytes) -> None:
    verifier = Verifier(name, public)

    assert notes.parse_vkey(str(verifier)) == verifier
    assert notes.parse_vkey(f"{verifier}\n") == verifier


@settings(deadline=None)
@given(st.text() | st.text("— \n+=0123456789AZaz/"))
def test_no_text_does_worse_than_be_refused_and_what_is_read_is_written_alike(text: str) -> None:
    for parse in (notes.parse_note, notes.parse_checkpoint, notes.parse_vkey):
        try:
            parsed = parse(text)
        except NoteRefused:
            continue
        assert str(parsed) == text.removesuffix("\n") or str(parsed) == text


def test_any_flipped_bit_of_a_signed_checkpoint_is_refused() -> None:
    raw = NOTE.encode()

    accepted = [
        (at, bit)
        for at in range(len(raw))
        for bit in range(8)
        if opens(raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :])
    ]

    assert accepted == []


@settings(deadline=None)
@given(st.data())
def test_a_signed_checkpoint_altered_in_any_way_is_refused(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(NOTE)))
    end = data.draw(st.integers(first, len(NOTE)))
    put = data.draw(st.text() | st.sampled_from(["\n", "\r\n", " ", "0", "=", NOTE, "— a AAAAAAA=\n"]))

    changed = NOTE[:first] + put + NOTE[end:]

    # A line under the note by a key that nobody knows is to be ignored (C2SP signed-note, "Signatures").
    ignored = changed.startswith(NOTE) or (changed.endswith(NOTE[NOTE.index("—") :]) and "\n\n— " in changed)
    assert changed == NOTE or ignored or not opens(changed.encode("utf-8", "replace"))


def test_a_signature_of_an_unknown_key_is_ignored_and_proves_nothing() -> None:
    both = notes.sign_checkpoint(ORIGIN, 3, bytes(32), KEY, OTHER)
    text = notes.parse_note(both).text

    for known in (KEY, OTHER):
        assert notes.open_checkpoint(both, [known.verifier]).size == 3
    alone = str(Note(text, (OTHER.sign(text),)))
    with pytest.raises(NoteRefused, match="no known key"):
        notes.open_note(alone, [KEY.verifier])
    with pytest.raises(NoteRefused, match="no known key"):
        notes.open_note(both, [])


def test_a_wrong_signature_of_a_known_key_spoils_a_right_one() -> None:
    text = notes.parse_note(NOTE).text
    spoilt = str(Note(text, (KEY.sign(text), OTHER.sign("something else\n"))))

    with pytest.raises(NoteRefused, match=r"witness\.example"):
        notes.open_note(spoilt, [KEY.verifier, OTHER.verifier])


def test_a_key_under_the_name_of_another_is_unknown() -> None:
    imposter = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    forged = notes.sign_checkpoint(ORIGIN, 20852163, bytes(range(32)), imposter)

    with pytest.raises(NoteRefused, match="no known key"):
        notes.open_note(forged, [KEY.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "origin\n1\n",
        f"origin\n01\n{'A' * 43}=\n",
        f"origin\n+1\n{'A' * 43}=\n",
        f"origin\n-1\n{'A' * 43}=\n",
        f"origin\n1_0\n{'A' * 43}=\n",
        f"origin\n１\n{'A' * 43}=\n",
        f"origin\n 1\n{'A' * 43}=\n",
        f"origin\n9223372036854775808\n{'A' * 43}=\n",
        f"origin\n{'9' * 5000}\n{'A' * 43}=\n",
        f"\n1\n{'A' * 43}=\n",
        f"origin\n1\n{'A' * 43}=",
        f"origin\r\n1\r\n{'A' * 43}=\r\n",
        f"origin\n1\n{'A' * 42}=\n",
        f"origin\n1\n{'A' * 42}B=\n",
        f"origin\n1\n{'A' * 43}==\n",
        f"origin\n1\n{'A' * 44}\n",
        f"origin\n1\n{'_' * 43}=\n",
        f"origin\n1\n{'A' * 43}=\n\n",
        f"origin\n1\n{'A' * 43}=\n\nmore\n",
        f"ori\tgin\n1\n{'A' * 43}=\n",
        f"ori\ud800gin\n1\n{'A' * 43}=\n",
    ],
)
def test_what_is_almost_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        notes.parse_checkpoint(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name AAAAAAA=",
        "text\n— name AAAAAAA=\n",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n—name AAAAAAA=\n",
        "text\n\n— name\n",
        "text\n\n— name  AAAAAAA=\n",
        "text\n\n— na+me AAAAAAA=\n",
        "text\n\n— na\u3000me AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— name AAAAAAB=\n",
        "text\n\n— name AAAAAA==\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAAA= \n",
        "text\r\n\r\n— name AAAAAAA=\r\n",
        "text\n\n— name AAAAAAA=\nmore\n",
        "text\n\n" + "— name AAAAAAA=\n" * 101,
        "x" * notes.LARGEST_NOTE + "\n\n— name AAAAAAA=\n",
    ],
)
def test_what_is_almost_a_note_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        notes.parse_note(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY.replace("PeterNeumann", "Peter Neumann"),
        GO_VKEY.replace("+ARpc", "+ARpd"),
        GO_VKEY.replace("+ARpc", "+Arpc"),
        f"{GO_VKEY}\n\n",
        f" {GO_VKEY}",
        f"{GO_VKEY}=",
        GO_VKEY[:-4],
    ],
)
def test_a_verifier_key_with_a_slip_in_copying_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        notes.parse_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x00b", "\ud800"])
def test_a_key_needs_a_name_that_a_line_can_carry(name: str) -> None:
    with pytest.raises(NoteRefused):
        SigningKey.generate(name)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 1, bytes(32)), ("a\nb", 1, bytes(32)), ("a", -1, bytes(32)), ("a", 1, b"x")],
)
def test_what_no_checkpoint_can_say_is_not_signed(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(NoteRefused):
        notes.sign_checkpoint(origin, size, root, KEY)


def opens(raw: bytes) -> bool:
    """Whether the bytes are a checkpoint by KEY: no error but the module's own, and nothing else said."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    try:
        notes.open_checkpoint(text, [KEY.verifier])
    except NoteRefused:
        return False
    return True
