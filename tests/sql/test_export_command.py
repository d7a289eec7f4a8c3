"""`logistics export`: evidence, EPCIS and CSV, in the open or as an encrypted archive."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import pyzipper

from logistics.__main__ import main
from logistics.ledger.log import new_uuid
from logistics.ledger.sequencer import Worker
from logistics.ledger.verify.check import verify_export
from logistics.work import approvals, exports, people
from logistics.work.views import MARK
from seed.load import person_code
from tests.pure.test_epcis import faults
from tests.sql.test_ask import AUDITOR, Asked, asked  # noqa: F401 - the fixture
from tests.sql.test_sequencer import at_work

CITY = person_code(0, 91)
AT = datetime.fromisoformat("2026-11-25T09:00+09:00")
ORDER = ("--by", AUDITOR, "--purpose", "audit", "--approval", "R8-1")


@pytest.fixture
def signed(asked: Asked, tmp_path: Path) -> Asked:  # noqa: F811
    """The day that was played, signed."""

    async def sign() -> None:
        async with at_work(asked.database, tmp_path / "signer") as (worker, _):
            assert isinstance(worker, Worker)
            await worker.round()

    asked.runner.run(sign())
    return asked


def approved(asked: Asked) -> str:  # noqa: F811
    """The code of the approval that a city employee gives to the auditor, for the whole log."""

    async def give() -> str:
        async with asked.database.begin() as session:
            auditor = replace(await people.actor(session, AUDITOR), session=new_uuid(), confirmed_at=AT)
            city = replace(await people.actor(session, CITY), session=new_uuid(), confirmed_at=AT)
            details = {"purpose": "audit", "number": "R8-1"}
            shown = await exports.export_shown(session, auditor, "log", details)
            wanted = await approvals.request(session, auditor, "export", "log", shown, "audit", AT)
            await approvals.decide(session, city, wanted.code, wanted.digest, True, AT)
            return wanted.code

    return asked.runner.run(give())


def test_the_log_is_exported_in_every_form_and_archived_with_a_password(
    signed: Asked, tmp_path: Path
) -> None:
    out = tmp_path / "evidence"
    (tmp_path / "password").write_text("k7wmq-z4hd9-x2vnc-8tjrp-f5ybe-g3ks6\n", encoding="utf-8")
    card = signed.one("SELECT code FROM card WHERE state = 'stored' ORDER BY code LIMIT 1")

    def export(*arguments: str) -> int:
        whole = () if "--card" in arguments else ("--approved", approved(signed))
        return main(["export", *ORDER, *whole, *arguments])

    assert export("--out", str(out)) == 0
    assert export("--out", str(tmp_path / "part"), "--card", card) == 0
    assert (
        export("--out", str(tmp_path / "all.jsonld"), "--format", "epcis", "--base", "https://a.example/")
        == 0
    )
    assert export("--out", str(tmp_path / "all.csv"), "--format", "csv") == 0
    kept = ("--password-file", str(tmp_path / "password"))
    assert export("--out", str(tmp_path / "safe.zip"), "--format", "epcis", *kept) == 0
    said = signed.said.readouterr().out.decode()
    assert export("--out", str(tmp_path / "made.zip"), "--card", card) == 0
    told = signed.said.readouterr().out.decode()

    assert verify_export(out).verified
    part = verify_export(tmp_path / "part")
    assert (part.verified, part.whole) == (True, False)
    document = json.loads((tmp_path / "all.jsonld").read_bytes())
    events = document["epcisBody"]["eventList"]
    assert len(events) > 100
    assert [fault for event in events for fault in faults(event)] == []
    assert len({event["eventID"] for event in events}) == len(events)
    lines = (tmp_path / "all.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    assert (lines[0], lines[1][:8]) == (MARK, "id,uuid,")
    ids = [int(line.partition(",")[0]) for line in lines[2:-1]]
    assert ids == sorted(set(ids))
    assert len(ids) > 100
    assert "k7wmq-z4hd9-x2vnc-8tjrp-f5ybe-g3ks6" not in said
    for archive, password in (
        ("safe", "k7wmq-z4hd9-x2vnc-8tjrp-f5ybe-g3ks6"),
        ("made", told.split("archive: ")[1].split("\n")[0]),
    ):
        with pyzipper.AESZipFile(tmp_path / f"{archive}.zip") as opened:
            opened.setpassword(password.encode())
            assert opened.testzip() is None
            assert (tmp_path / f"{archive}.zip").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_an_export_that_cannot_be_is_refused_and_leaves_nothing(signed: Asked, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")
    (tmp_path / "empty").write_text("")
    number = "123456789018"
    wrong = {}
    for arguments in (
        ["--out", str(tmp_path / "there.csv"), "--format", "csv"],
        ["--out", str(tmp_path / "new.zip"), "--password-file", str(tmp_path / "empty")],
        ["--out", str(tmp_path / "new"), "--card", "C0XK3WYPM0"],
        ["--out", str(tmp_path / "new.jsonld"), "--format", "epcis", "--base", "http://a.example"],
        ["--out", str(tmp_path / "new"), "--purpose", number],
        ["--out", str(tmp_path / "new.csv"), "--format", "csv"],
    ):
        code = main(["export", *ORDER, *arguments])
        err = signed.said.readouterr().err.decode()
        if code not in (1, 2) or not err.startswith("logistics: ") or number in err:
            wrong[tuple(arguments)] = code, err

    assert wrong == {}
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []
