"""Verifying exports: what is right is verified, whatever is altered is noticed, and the first bad entry is named."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from logistics.ledger import merkle, notes
from logistics.ledger.verify import layout
from logistics.ledger.verify.check import verify_export
from logistics.ledger.verify.report import Report, Unreadable
from tests.pure import verify_exports as exports
from tests.pure.verify_exports import KEY, ORIGIN, STRANGER

BODIES = exports.story(3)
SIZES = (7, 16, 30)
SOME = (3, 9, 17, 19)


@pytest.fixture(params=["whole", "selection"])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "whole":
        return exports.whole(tmp_path / "export", BODIES, SIZES)
    return exports.selection(tmp_path / "export", BODIES, SOME, SIZES)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return exports.whole(tmp_path / "export", BODIES, SIZES)


def finding(report: Report) -> str:
    assert report.finding is not None
    return str(report.finding)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def test_a_whole_log_is_verified(whole: Path) -> None:
    report = verify_export(whole, KEY.vkey, [exports.signed(BODIES, 12)])

    assert report.verified
    assert (report.entries, report.first, report.last) == (30, 0, 29)
    assert (report.checkpoints, report.documents, report.papers, report.cards) == (3, 3, 1, 6)
    assert "VERIFIED: 30 entries (0 to 29), the whole log." in str(report)
    assert "WARNING" not in str(report)


def test_a_selection_is_verified(tmp_path: Path) -> None:
    out = exports.selection(tmp_path / "export", BODIES, SOME, SIZES)

    report = verify_export(out, KEY.vkey, [exports.signed(BODIES, 16)])

    assert report.verified
    assert (report.entries, report.first, report.last, report.documents) == (4, 3, 19, 2)
    assert "4 entries (3 to 19), a selection of 30 entries, each proved" in str(report)


def test_a_question_without_an_answer_is_verified_too(tmp_path: Path) -> None:
    report = verify_export(exports.selection(tmp_path / "export", BODIES, [], SIZES), KEY.vkey)

    assert report.verified
    assert (report.entries, report.first) == (0, None)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 520])
def test_logs_of_any_size_are_verified_whole_and_in_part(tmp_path: Path, size: int) -> None:
    bodies = exports.story(52)[:size]

    sizes = sorted({1, size // 2 or 1, size})
    assert verify_export(exports.whole(tmp_path / "whole", bodies, sizes), KEY.vkey).verified
    some = sorted({0, size // 3, size - 1})
    assert verify_export(exports.selection(tmp_path / "some", bodies, some, sizes), KEY.vkey).verified


def test_the_exports_own_key_is_said_not_to_be_trusted(whole: Path) -> None:
    report = verify_export(whole)

    assert report.verified
    assert not report.trusted
    assert "NOT independently trusted" in str(report)
    assert KEY.vkey in str(report)


def test_an_export_of_another_key_is_not_verified(tmp_path: Path) -> None:
    forged = exports.whole(tmp_path / "export", BODIES, SIZES, key=STRANGER)

    assert verify_export(forged).verified
    assert "not of the trusted one" in finding(verify_export(forged, KEY.vkey))


@pytest.mark.parametrize("kind", ["whole", "selection"])
def test_of_ten_thousand_flipped_bytes_none_goes_unnoticed(kind: str, tmp_path: Path) -> None:
    bodies = exports.story(1)
    if kind == "whole":
        out = exports.whole(tmp_path / "export", bodies, [10])
    else:
        out = exports.selection(tmp_path / "export", bodies, [2, 9], [4, 10])
    files = {path: path.read_bytes() for path in sorted(out.iterdir())}
    everywhere = [(path, at) for path, raw in files.items() for at in range(len(raw))]
    chance = random.Random(1)  # noqa: S311 - the same flips in every run

    unnoticed = []
    for path, at in chance.choices(everywhere, k=5_000):
        right = files[path][at]
        with path.open("r+b", buffering=0) as file:
            os.pwrite(file.fileno(), bytes([right ^ chance.randrange(1, 256)]), at)
            if verify_export(out).verified:
                unnoticed.append((path.name, at))
            os.pwrite(file.fileno(), bytes([right]), at)

    assert unnoticed == []
    assert verify_export(out).verified


def test_lines_deleted_doubled_inserted_or_swapped_are_noticed_in_every_file(export: Path) -> None:
    for path in sorted(export.iterdir()):
        before = lines(path)
        changes = [before[:n] + before[n + 1 :] for n in range(len(before))]
        changes += [before[: n + 1] + before[n:] for n in range(len(before))]
        changes += [[*before[:n], "\n", *before[n:]] for n in range(len(before) + 1)]
        changes += [before[:n] + before[n : n + 2][::-1] + before[n + 2 :] for n in range(len(before) - 1)]
        for changed in changes:
            path.write_text("".join(changed), encoding="utf-8")
            assert changed == before or not verify_export(export).verified, path.name
        path.write_text("".join(before), encoding="utf-8")
    assert verify_export(export).verified


def test_every_file_cut_short_or_continued_is_noticed(export: Path) -> None:
    for path in sorted(export.iterdir()):
        raw = path.read_bytes()
        cuts = sorted({0, 1, len(raw) // 3, len(raw) // 2, len(raw) - 2, len(raw) - 1} & set(range(len(raw))))
        for changed in [*(raw[:cut] for cut in cuts), raw + b"\n", raw + b"x", raw + b"\0", raw + raw]:
            path.write_bytes(changed)
            assert changed == raw or not verify_export(export).verified, (path.name, len(changed))
        path.write_bytes(raw)


def test_other_line_ends_encodings_and_marks_are_noticed(export: Path) -> None:
    for path in sorted(export.iterdir()):
        raw = path.read_bytes()
        if not raw:
            continue
        for changed in (
            raw.replace(b"\n", b"\r\n"),
            raw.replace(b"\n", b"\r"),
            b"\xef\xbb\xbf" + raw,
            raw.decode().encode("utf-16"),
            raw.decode().encode("shift_jis", "replace") + b"\x80",
        ):
            path.write_bytes(changed)
            assert not verify_export(export).verified, path.name
        path.write_bytes(raw)


def test_a_missing_file_is_named(export: Path) -> None:
    for path in sorted(export.iterdir()):
        raw = path.read_bytes()
        path.unlink()
        assert finding(verify_export(export)) == f"{path.name}: this file is missing"
        path.write_bytes(raw)


def test_what_does_not_belong_to_the_export_is_named(export: Path) -> None:
    stranger = export / "notes.txt"
    found = "notes.txt: this does not belong to the export"

    stranger.write_text("hello\n", encoding="utf-8")
    assert finding(verify_export(export)) == found
    stranger.unlink()
    stranger.symlink_to("checkpoint")
    assert finding(verify_export(export)) == found
    stranger.unlink()
    stranger.mkdir()
    assert finding(verify_export(export)) == found


def test_a_file_that_is_not_a_plain_one_is_named_and_never_waited_for(export: Path) -> None:
    for path in sorted(export.iterdir()):
        aside = export.parent / path.name
        path.rename(aside)
        path.symlink_to(aside)
        assert finding(verify_export(export)) == f"{path.name}: this is not a plain file"
        path.unlink()
        os.mkfifo(path)
        assert finding(verify_export(export)) == f"{path.name}: this is not a plain file"
        path.unlink()
        path.mkdir()
        assert finding(verify_export(export)) == f"{path.name}: this is not a plain file"
        path.rmdir()
        aside.rename(path)


def test_a_checkpoint_on_paper_that_the_entries_do_not_lead_to_is_a_fork(export: Path) -> None:
    history = [*BODIES[:5], exports.body(99, "look"), *BODIES[6:]]
    paper = exports.signed(history, 16)

    assert "fork" in finding(verify_export(export, KEY.vkey, [paper]))


def test_a_checkpoint_on_paper_beyond_the_export_shows_what_is_missing(export: Path) -> None:
    later = exports.signed([*BODIES, exports.body(30, "look")], 31)

    assert finding(verify_export(export, KEY.vkey, [later])).startswith(
        "checkpoint given: entry 30: missing: the checkpoint given covers 31 entries, the export 30."
    )


def test_a_checkpoint_that_is_not_of_this_log_is_not_taken_for_one(export: Path) -> None:
    for paper in (
        exports.signed(BODIES, 16, STRANGER),
        exports.signed(BODIES, 16, origin="card-logistics/elsewhere"),
    ):
        assert not verify_export(export, KEY.vkey, [paper]).verified


def test_a_checkpoint_that_a_selection_proves_nothing_about_is_not_passed_over(tmp_path: Path) -> None:
    out = exports.selection(tmp_path / "export", BODIES, SOME, SIZES)

    assert "proves nothing about size 12" in finding(
        verify_export(out, KEY.vkey, [exports.signed(BODIES, 12)])
    )


def test_where_there_is_nothing_to_judge_no_verdict_is_given(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="not a directory"):
        verify_export(tmp_path / "nowhere")
    with pytest.raises(Unreadable, match="not a directory"):
        verify_export(whole / layout.VKEY)
    with pytest.raises(Unreadable, match="verifier key"):
        verify_export(whole, "not a key")
    with pytest.raises(Unreadable, match="checkpoint given"):
        verify_export(whole, KEY.vkey, ["not a note"])


def test_a_directory_without_a_manifest_is_no_export(tmp_path: Path) -> None:
    assert finding(verify_export(tmp_path)) == "MANIFEST.json: this file is missing"


def test_an_empty_tree_signed_by_nobody_is_no_export(tmp_path: Path) -> None:
    note = notes.sign_checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT, KEY)

    report = verify_export(exports.whole(tmp_path / "export", [], notes_=[note]), KEY.vkey)

    assert report.verified
    assert report.entries == 0
