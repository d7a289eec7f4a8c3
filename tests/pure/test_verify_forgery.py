"""Exports altered by somebody who knows the format, and mends every digest afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from logistics.ledger import merkle, notes
from logistics.ledger.verify import layout
from logistics.ledger.verify.check import verify_export
from tests.pure import verify_exports as exports
from tests.pure.verify_exports import KEY, ORIGIN, STRANGER, body, move

BODIES = exports.story(3)
SIZES = (7, 16, 30)
Row = dict[str, Any]


def objects(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_objects(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(f"{written(row)}\n" for row in rows), encoding="utf-8")


def written(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def mend(export: Path, **said: Any) -> None:
    """Write the manifest anew for what the files are now."""
    manifest = msgspec.json.decode((export / layout.MANIFEST).read_bytes(), type=layout.Manifest)
    files = {}
    for name in manifest.files:
        raw = (export / name).read_bytes()
        files[name] = layout.FileLine(len(raw), sha256(raw).hexdigest())
    changed = msgspec.structs.replace(manifest, files=files, **said).sealed()
    (export / layout.MANIFEST).write_bytes(layout.encoder.encode(changed) + b"\n")


def finding(export: Path, *papers: str) -> str:
    report = verify_export(export, KEY.vkey, papers)
    assert report.finding is not None
    return str(report.finding)


def altered(
    export: Path, change: Callable[[list[Row]], object], name: str = layout.ENTRIES, **said: Any
) -> str:
    """What is found once `change` was done to the lines of a file and the manifest mended."""
    rows = objects(export / name)
    change(rows)
    write_objects(export / name, rows)
    mend(export, **said)
    return finding(export)


def rehashed(row: Row, text: str) -> None:
    row.update(body=text, leaf=merkle.leaf_hash(text.encode()).hex())


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return exports.whole(tmp_path / "export", BODIES, SIZES)


@pytest.fixture
def selection(tmp_path: Path) -> Path:
    return exports.selection(tmp_path / "export", BODIES, (3, 9, 17, 19), SIZES)


def test_an_entry_whose_text_was_changed_is_named(whole: Path) -> None:
    found = altered(whole, lambda rows: rows[8].update(body=rows[8]["body"].replace("P01-001", "P01-002")))

    assert found == "entries.jsonl, line 9: entry 8: its text is not the one that was hashed"


def test_an_entry_changed_with_its_hash_lies_between_two_checkpoints(whole: Path) -> None:
    found = altered(whole, lambda rows: rehashed(rows[8], rows[8]["body"].replace("P01-001", "P01-002")))

    assert found.startswith(
        "checkpoints.txt, line 7: entries 7 to 15: these are not the entries that were signed"
    )


def test_an_entry_taken_out_is_named_as_missing(whole: Path) -> None:
    found = altered(whole, lambda rows: rows.pop(8))

    assert found == "entries.jsonl, line 9: entry 8: missing: the next line is of entry 9"


def test_an_entry_taken_out_and_the_rest_numbered_anew_is_another_history(whole: Path) -> None:
    def change(rows: list[Row]) -> None:
        del rows[9]  # A print, which no card's state depends on.
        for index, row in enumerate(rows):
            row["index"] = index

    assert altered(whole, change).startswith("documents.jsonl, line 1: entry 9: ")


def test_a_tail_taken_off_is_named_as_missing(whole: Path) -> None:
    found = altered(whole, lambda rows: rows.__delitem__(slice(27, None)))

    assert found == "entries.jsonl: entries 27 to 29: missing"


def test_a_tail_taken_off_with_its_checkpoint_is_found_by_paper_alone(tmp_path: Path) -> None:
    cut = exports.whole(tmp_path / "export", BODIES[:16], SIZES[:2])

    assert verify_export(cut, KEY.vkey).verified
    assert "missing" in finding(cut, exports.signed(BODIES, 30))


def test_a_log_written_anew_with_the_key_is_found_by_paper_alone(tmp_path: Path) -> None:
    rewritten = [*BODIES[:9], body(9, "look"), *BODIES[10:]]
    out = exports.whole(tmp_path / "export", rewritten, SIZES)

    assert verify_export(out, KEY.vkey).verified
    assert "fork" in finding(out, exports.signed(BODIES, 16))


def test_a_log_written_anew_without_the_key_is_found_by_its_signatures(tmp_path: Path) -> None:
    out = exports.whole(tmp_path / "export", BODIES, SIZES, key=STRANGER)
    (out / layout.VKEY).write_text(f"{KEY.vkey}\n", encoding="utf-8")
    mend(out)

    assert finding(out).startswith("checkpoints.txt, line 1: not a checkpoint signed by card-logistics/")


@pytest.mark.parametrize(
    ("change", "line", "entry"),
    [
        (lambda rows: rows.insert(5, rows[4]), 6, 4),
        (lambda rows: rows.insert(5, rows.pop(6)), 6, 5),
        (lambda rows: rows.append(rows[0]), 31, None),
        (lambda rows: rows[0].update(index=1), 1, 0),
        (lambda rows: rows[0].update(index=-1), 1, None),
        (lambda rows: rows[3].update(index=2**70), 4, None),
    ],
    ids=["doubled", "swapped", "appended", "begins late", "below zero", "huge number"],
)
def test_lines_out_of_order_are_named(
    whole: Path, change: Callable[[list[Row]], object], line: int, entry: int | None
) -> None:
    rows = objects(whole / layout.ENTRIES)
    change(rows)
    write_objects(whole / layout.ENTRIES, rows)
    mend(whole, entries=len(rows))

    place = f"entries.jsonl, line {line}: " + (f"entry {entry}: " if entry is not None else "")
    assert finding(whole).startswith(place)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"body":"x","index":0}',
        '{"body":"x","index":0,"leaf":"00","more":1}',
        '{"index":0,"body":"x","leaf":"00"}',
        '{"body":"x", "index":0,"leaf":"00"}',
        '{"body":"\\u0061","index":0,"leaf":"00"}',
        '{"body":"\\ud800","index":0,"leaf":"00"}',
        '{"body":1,"index":0,"leaf":"00"}',
        '{"body":"x","index":0.0,"leaf":"00"}',
        '{"body":"x","index":true,"leaf":"00"}',
        '{"body":"x","body":"x","index":0,"leaf":"00"}',
        '{"body":"x","index":' + "9" * 5_000 + ',"leaf":"00"}',
        '{"body":"x","index":1e999,"leaf":"00"}',
        "[" * 100_000,
        '{"body":' * 100_000,
        '{"body":"x","index":0,"leaf":' + "[" * 50_000 + "]" * 50_000 + "}",
    ],
)
def test_a_line_of_another_form_is_named_however_deep_or_long(whole: Path, line: str) -> None:
    lines = (whole / layout.ENTRIES).read_text(encoding="utf-8").splitlines()
    (whole / layout.ENTRIES).write_text("\n".join([line, *lines[1:]]) + "\n", encoding="utf-8")
    mend(whole)

    assert finding(whole).startswith("entries.jsonl, line 1: ")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BODIES[0].replace(":1}", ":2}"), "of version 2"),
        (BODIES[0].replace(":1}", ":1.0}"), "not what the service writes"),
        (BODIES[0].replace(":1}", ": 1}"), "not canonical"),
        (BODIES[0].replace(":1}", ':1,"v":1}'), "not canonical"),
        (BODIES[0].replace(":1}", ':1,"z":9007199254740992}'), "beyond 2^53"),
        (BODIES[0].replace(":1}", ':1,"z":[-9007199254740992]}'), "beyond 2^53"),
        (BODIES[0].replace(":1}", ':1,"z":' + "9" * 5_000 + "}"), ""),
        (BODIES[0].replace(":1}", ':1,"z":{"鍵":0}}'), "not ASCII"),
        (BODIES[0].replace(":1}", ':1,"z":"か\u3099"}'), "composed form"),
        (
            BODIES[0].replace(":1}", ':1,"z":' + "[" * 90_000 + "]" * 90_000 + "}"),
            "not what the service writes",
        ),
        (BODIES[0].replace(":1}", ':1,"z":1e5}'), "not what the service writes"),
        ("[]", "not what the service writes"),
        ("{}", "not what the service writes"),
        ("", "not what the service writes"),
        (body(0, "x", cards=[move("vanish", "new", "stored", "C1")]), "no rule lets 'vanish'"),
        (body(0, "x", cards=[move("expect", "new", "stored", "C1")]), "no rule lets 'expect'"),
        (body(0, "x", cards=[move("expect", "new", "expected")]), "names nothing"),
        (body(0, "x", cards=[move("expect", "new", "expected", "C1", "C1")]), "something twice"),
        (body(0, "x", cards=[{"step": "expect"}]), "not what the service writes"),
        (body(0, "x", batches=[move("close", "delivered", "closed", "B1")]), "'B1' takes 'close'"),
        (body(0, "x", cards=[move("receive", "delivered", "received", "C1")]), "but it is 'new'"),
    ],
)
def test_an_entry_that_the_service_cannot_have_written_is_named_though_it_was_signed(
    tmp_path: Path, text: str, why: str
) -> None:
    found = finding(forged(tmp_path, text))

    assert found.startswith("entries.jsonl, line 2: entry 1: ")
    assert why in found


def forged(tmp_path: Path, text: str) -> Path:
    """An export whose second entry is `text`, signed by the right key all the same."""
    first = body(500, "look")
    notes_ = [exports.signed([first, text], 2)]
    rows = exports.rows([first, text], [0, 1])
    out = exports.whole(tmp_path / "export", [first, first], notes_=notes_)
    write_objects(
        out / layout.ENTRIES,
        [{"body": row["body"], "index": n, "leaf": row["hash"].hex()} for n, row in enumerate(rows)],
    )
    mend(out)
    return out


def test_a_card_that_moves_without_having_arrived_is_named_with_its_entry(tmp_path: Path) -> None:
    bodies = [*BODIES, body(30, "receive", cards=[move("receive", "delivered", "received", "C26-000001A")])]

    found = finding(exports.whole(tmp_path / "export", bodies))

    assert found == (
        "entries.jsonl, line 31: entry 30: 'C26-000001A' takes 'receive' from 'delivered', but it is 'stored'"
    )


def test_notes_that_shrink_repeat_or_are_of_another_log_are_named(tmp_path: Path) -> None:
    def found(*texts: str) -> str:
        return finding(exports.whole(tmp_path / f"{len(list(tmp_path.iterdir()))}", BODIES, notes_=texts))

    seven, sixteen, thirty = (exports.signed(BODIES, size) for size in SIZES)

    assert "line 7: rolled back: 7 entries after 16" in found(sixteen, seven, thirty)
    assert "rolled back: 16 entries after 16" in found(sixteen, sixteen, thirty)
    assert "a checkpoint of another log" in found(exports.signed(BODIES, 7, origin="elsewhere"), thirty)
    assert "signed by" in found(exports.signed(BODIES, 7, STRANGER), thirty)
    forked = exports.signed([BODIES[0], body(77, "look"), *BODIES[2:]], 7)
    assert "entries 0 to 6" in found(forked, sixteen, thirty)
    assert "more entries" in found(seven, sixteen)


def test_the_last_note_must_be_the_last(whole: Path) -> None:
    (whole / layout.CHECKPOINT).write_text(exports.signed(BODIES, 16), encoding="utf-8")
    mend(whole)

    assert finding(whole) == "checkpoint: this is not the last note of checkpoints.txt"


def test_notes_are_told_apart_by_one_empty_line(whole: Path) -> None:
    path = whole / layout.CHECKPOINTS
    text = path.read_text(encoding="utf-8")

    for changed in (
        f"\n{text}",
        f"{text}\n",
        text.replace("\n\n", "\n\n\n"),
        text.replace("\n\n", "\n", 1),
        "",
    ):
        path.write_text(changed, encoding="utf-8")
        mend(whole)
        assert not verify_export(whole, KEY.vkey).verified, changed


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda rows: rows.pop(1), 2),
        (lambda rows: rows[1].update(sha256="f" * 64), 2),
        (lambda rows: rows[1].update(number="M26-999999"), 2),
        (lambda rows: rows[1].update(copy=1), 2),
        (lambda rows: rows[1].update(index=18), 2),
        (lambda rows: rows.insert(1, rows[1]), 3),
        (lambda rows: rows.append({**rows[2], "index": 30}), 4),
        (lambda rows: rows.insert(0, {**rows[0], "index": 0}), 1),
        (lambda rows: rows.reverse(), 1),
    ],
    ids=[
        "removed",
        "other hash",
        "other number",
        "other copy",
        "elsewhere",
        "doubled",
        "beyond",
        "before",
        "turned",
    ],
)
def test_a_paper_that_the_log_does_not_speak_of_is_named(
    whole: Path, change: Callable[[list[Row]], object], line: int
) -> None:
    assert altered(whole, change, layout.DOCUMENTS).startswith(f"documents.jsonl, line {line}: ")


@pytest.mark.parametrize(
    "said",
    [
        {"entries": 29},
        {"first": 1},
        {"last": 28},
        {"checkpoints": 2},
        {"documents": 4},
        {"size": 29},
        {"root": "0" * 64},
        {"whole": False},
        {"origin": "elsewhere"},
        {"format": "custody-export/2"},
        {"entries": -1},
        {"size": 2**80},
    ],
)
def test_a_manifest_that_says_something_else_is_found_out(whole: Path, said: Row) -> None:
    mend(whole, **said)

    assert not verify_export(whole, KEY.vkey).verified


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "sub/file", "", "."])
def test_a_manifest_cannot_name_files_elsewhere(whole: Path, name: str) -> None:
    manifest = json.loads((whole / layout.MANIFEST).read_bytes())
    manifest["files"][name] = manifest["files"].pop(layout.ENTRIES)
    del manifest["sha256"]
    manifest["sha256"] = sha256(written(manifest).encode()).hexdigest()
    (whole / layout.MANIFEST).write_text(f"{written(manifest)}\n", encoding="utf-8")

    assert finding(whole).startswith("MANIFEST.json: an export of this kind has the files")


@pytest.mark.parametrize(
    "text", ["", "\n", "{}\n", "[" * 100_000 + "\n", "0" * 2_000_000, '{"files":' + "{" * 50_000]
)
def test_what_is_no_manifest_is_refused(whole: Path, text: str) -> None:
    (whole / layout.MANIFEST).write_text(text, encoding="utf-8")

    assert finding(whole).startswith("MANIFEST.json: ")


def test_a_selected_entry_that_is_not_of_the_log_is_named(selection: Path) -> None:
    found = altered(selection, lambda rows: rehashed(rows[2], rows[2]["body"].replace("P01-001", "P01-002")))

    assert found == "entries.jsonl, line 3: entry 17: its proof does not lead to the last checkpoint"


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.pop(1),
        lambda rows: rows.insert(1, rows[1]),
        lambda rows: rows.append(rows[3]),
        lambda rows: rows[1].update(index=10),
        lambda rows: rows[1]["hashes"].pop(),
        lambda rows: rows[1]["hashes"].append("0" * 64),
        lambda rows: rows[1]["hashes"].reverse(),
        lambda rows: rows[1]["hashes"].__setitem__(0, "zz"),
        lambda rows: rows[1]["hashes"].__setitem__(0, rows[1]["hashes"][0].upper()),
        lambda rows: rows[1]["hashes"].__setitem__(0, rows[1]["hashes"][0][:62]),
        lambda rows: rows[1].update(hashes=["0" * 64] * 10_000),
    ],
)
def test_a_proof_altered_in_any_way_is_found_out(
    selection: Path, change: Callable[[list[Row]], object]
) -> None:
    assert altered(selection, change, layout.PROOFS)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.pop(0),
        lambda rows: rows.pop(1),
        lambda rows: rows.append(rows[1]),
        lambda rows: rows.reverse(),
        lambda rows: rows[0].update(old=6),
        lambda rows: rows[0].update(hashes=[]),
        lambda rows: rows[0]["hashes"].__setitem__(1, "0" * 64),
    ],
)
def test_a_checkpoint_that_the_next_does_not_continue_is_found_out(
    selection: Path, change: Callable[[list[Row]], object]
) -> None:
    assert altered(selection, change, layout.CONSISTENCY).startswith("consistency.jsonl")


def test_a_forked_checkpoint_in_a_selection_is_found_out(selection: Path) -> None:
    forked = notes.sign_checkpoint(ORIGIN, 16, bytes(32), KEY)
    texts = [exports.signed(BODIES, 7), forked, exports.signed(BODIES, 30)]
    (selection / layout.CHECKPOINTS).write_text("\n".join(texts), encoding="utf-8")
    mend(selection)

    assert finding(selection).startswith("consistency.jsonl, line 1: 16 entries do not continue 7: a fork")


def test_a_whole_log_cannot_be_passed_off_as_a_selection_of_itself(whole: Path) -> None:
    for name in (layout.PROOFS, layout.CONSISTENCY):
        (whole / name).write_bytes(b"")
    manifest = msgspec.json.decode((whole / layout.MANIFEST).read_bytes(), type=layout.Manifest)
    nothing = layout.FileLine(0, sha256().hexdigest())
    files = {**manifest.files, layout.PROOFS: nothing, layout.CONSISTENCY: nothing}
    changed = msgspec.structs.replace(manifest, whole=False, files=files).sealed()
    (whole / layout.MANIFEST).write_bytes(layout.encoder.encode(changed) + b"\n")

    assert finding(whole).startswith("consistency.jsonl")
