"""Exports of the first format version, kept as files: what was handed out once must stay verifiable for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from logistics.ledger.verify.check import verify_export
from tests.pure import verify_exports as exports

GOLDEN = Path(__file__).parent / "golden"
BODIES = exports.story(1)


@pytest.mark.parametrize("name", ["export-1-whole", "export-1-selection"])
def test_an_export_of_the_first_version_is_verified(name: str) -> None:
    report = verify_export(GOLDEN / name, exports.KEY.vkey, [exports.signed(BODIES, 4)])

    assert report.verified, report


def test_the_same_log_is_still_written_as_the_same_bytes(tmp_path: Path) -> None:
    exports.whole(tmp_path / "export-1-whole", BODIES, [4, 10])
    exports.selection(tmp_path / "export-1-selection", BODIES, [2, 9], [4, 10])

    for written in sorted(tmp_path.rglob("*")):
        if written.is_file():
            kept = GOLDEN / written.relative_to(tmp_path)
            assert written.read_bytes() == kept.read_bytes(), (
                f"{kept.name} has changed: that is another format"
            )
