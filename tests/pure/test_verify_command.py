"""`logistics verify`: what it prints, and its exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from logistics.__main__ import main
from logistics.ledger.notes import SigningKey
from logistics.ledger.verify import layout
from tests.pure import verify_exports as exports
from tests.pure.verify_exports import KEY, STRANGER

BODIES = exports.story(2)
# The verifier may know these of ours, and no database, HTTP or append path.
ALLOWED = {
    "logistics",
    "logistics.ledger",
    "logistics.ledger.merkle",
    "logistics.ledger.notes",
    "logistics.rules",
    "logistics.rules.lifecycle",
    "logistics.rules.lifecycle.batch",
    "logistics.rules.lifecycle.card",
    "logistics.rules.lifecycle.incident",
    "logistics.rules.lifecycle.machine",
}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return exports.whole(tmp_path / "export", BODIES, [8, 20])


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_right_export_is_verified_with_key_and_checkpoint_from_files(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = written(tmp_path / "key", f"{KEY.vkey}\n")
    paper = written(tmp_path / "paper", exports.signed(BODIES, 11))
    older = written(tmp_path / "older", exports.signed(BODIES, 3))

    assert main(["verify", str(export), "--vkey", key, "--checkpoint", paper, "--checkpoint", older]) == 0

    said = capsys.readouterr().out
    assert said.startswith("VERIFIED: 20 entries (0 to 19), the whole log.\n")
    assert "2 checkpoints, 2 documents, 2 checkpoints given" in said


def test_the_key_may_be_given_as_its_text(export: Path) -> None:
    assert main(["verify", str(export), "--vkey", KEY.vkey]) == 0
    assert main(["verify", str(export), "--vkey", STRANGER.vkey]) == 1


def test_without_a_key_the_verdict_comes_with_a_warning(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(export)]) == 0

    assert "WARNING: the key was NOT independently trusted" in capsys.readouterr().out


def test_an_altered_export_is_not_verified(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = export / layout.ENTRIES
    path.write_bytes(path.read_bytes().replace(b"annex", b"annax", 1))

    assert main(["verify", str(export), "--vkey", KEY.vkey]) == 1

    assert capsys.readouterr().out == (
        "NOT VERIFIED. entries.jsonl, line 1: entry 0: its text is not the one that was hashed\n"
    )


@pytest.mark.parametrize(
    "arguments", [["--vkey", "nowhere"], ["--vkey", "a+b+c"], ["--checkpoint", "nowhere"]]
)
def test_what_cannot_be_read_is_no_verdict(
    export: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(export), *arguments]) == 2

    assert capsys.readouterr().err.startswith("logistics verify: ")


def test_no_export_is_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")

    assert main(["verify", str(tmp_path / "nowhere")]) == 2
    assert main(["verify", str(tmp_path), "--checkpoint", str(binary)]) == 2
    assert "is not a directory" in capsys.readouterr().err


def test_what_an_export_says_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = "card-logistics/\x9b31m\u202eevil"
    key = SigningKey.generate("key")
    note = exports.signed(BODIES, 20, key, origin)

    assert main(["verify", str(exports.whole(tmp_path / "export", BODIES, key=key, notes_=[note]))]) == 0

    assert all(c.isprintable() or c == "\n" for c in capsys.readouterr().out)


def test_the_verifier_stands_alone(export: Path) -> None:
    program = (
        "import runpy, sys\n"
        "try:\n"
        "    runpy.run_module('logistics.ledger.verify', run_name='__main__')\n"
        "finally:\n"
        "    print(*sorted(sys.modules), sep='\\n', file=sys.stderr)\n"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(export)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("VERIFIED")
    loaded = set(done.stderr.splitlines())
    ours = {
        name for name in loaded if name.split(".")[0] in ("logistics", "labels", "api", "seed", "migrations")
    }
    assert {name for name in ours if not name.startswith("logistics.ledger.verify")} == ALLOWED
    assert not loaded & {"sqlalchemy", "sqlmodel", "asyncpg", "litestar", "anyio", "socket"}
