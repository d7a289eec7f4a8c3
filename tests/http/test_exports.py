"""Parts of the log leave over HTTP: encrypted, recorded, and as good as any other export."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pyzipper
from litestar import Litestar

from api.archive import drawing
from api.parts import parts_of
from labels.signing import UNSIGNED
from logistics.ledger.sequencer import Sequencer
from logistics.ledger.verify.check import verify_export
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.store.sealing import Sealer
from logistics.work import credentials, export_jobs, jobs
from logistics.work.exports import until_signed
from logistics.work.job_making import Tools
from logistics.work.views import MARK
from tests.applications import application
from tests.http.day import Day, new_card
from tests.http.rows import one

PATH = "/audit/exports"
PASSWORD = "k7wmq-z4hd9-x2vnc-8tjrp-f5ybe-g3ks6"
ORDER = {"purpose": "監査", "approval": "市監第1号", "password": PASSWORD}
EARLY, LATE = "2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z"


@pytest.fixture
async def app(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Litestar]:
    """In place of the application without a signer."""
    sequencer = Sequencer(database, tmp_path / "signer", clock)
    task = asyncio.create_task(sequencer.run())
    yield application(database, clock, sequencer)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def files(day: Day, **order: Any) -> dict[str, bytes]:
    """What is in the archive, once the password has opened it."""
    response = await day.manager.ask("POST", PATH, json=ORDER | order)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    with pyzipper.AESZipFile(io.BytesIO(response.content)) as archive:
        assert all(info.flag_bits & 1 for info in archive.infolist()), "every file is encrypted"
        assert {info.wz_aes_strength for info in archive.infolist()} == {3}, "AES-256"
        name = archive.namelist()[0]
        with pytest.raises(RuntimeError):
            archive.read(name)
        with pytest.raises(RuntimeError):
            archive.read(name, pwd=b"wrong password 1")
        return {name: archive.read(name, pwd=PASSWORD.encode()) for name in archive.namelist()}


async def test_a_card_leaves_as_evidence_that_verifies_elsewhere(
    day: Day, database: Database, tmp_path: Path
) -> None:
    sent = await day.received(1, 2)
    assert await until_signed(database, 30)

    found = await files(day, card=sent.cards[0])

    for name, content in found.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    report = verify_export(tmp_path / "custody")
    assert report.verified, str(report)
    assert (report.entries, report.whole) == (8, False)
    body = json.loads(
        str(await one(database, "SELECT body FROM entry WHERE act = 'export' ORDER BY id DESC LIMIT 1"))
    )
    assert body["actor"] == day.manager.code
    assert body["facts"] == {
        "purpose": "監査",
        "approval": "市監第1号",
        "format": "evidence",
        "whole": False,
        "question": f"card {sent.cards[0]}",
    }
    assert PASSWORD not in json.dumps(body)


async def test_a_period_leaves_as_epcis_and_as_csv(day: Day) -> None:
    sent = await day.received(1, 1)

    (epcis,) = (await files(day, format="epcis", occurred_from=EARLY, occurred_to=LATE)).values()
    (view,) = (await files(day, format="csv", batch=sent.batches[0].code, charset="shift_jis")).values()

    document = json.loads(epcis)
    steps = [event["bizStep"] for event in document["epcisBody"]["eventList"]]
    assert document["type"] == "EPCISDocument"
    assert steps.count("receiving") == 2, "checked in at the annex, received at the site"
    rows = list(csv.reader(io.StringIO(view.decode("cp932"), newline="")))
    assert rows[0] == [MARK]
    assert [row[rows[1].index("act")] for row in rows[2:]][:2] == ["open", "pack"]


async def test_an_export_made_beside_the_requests_is_fetched_for_a_day_and_its_password_forgotten(
    day: Day, app: Litestar, database: Database, clock: Clock, tmp_path: Path
) -> None:
    sent = await day.received(1, 2)
    assert await until_signed(database, 30)
    desk = parts_of(app).door.desk
    desk.sealer = Sealer.kept(tmp_path)
    tools = Tools(drawing(UNSIGNED), tmp_path / "signer", desk.sealer)
    asked = await day.manager.ask("POST", f"{PATH}/jobs", json=ORDER | {"card": sent.cards[0]})
    path = f"/jobs/{asked.json()['id']}"
    early = await day.manager.ask("GET", f"{path}/archive.zip")
    sealed = str(await one(database, "SELECT encode(secret, 'escape') FROM job"))
    # Another key takes the place of the service's while the export waits.
    async with database.begin() as session:
        anew = await credentials.reseal(session, Sealer.succeeding(tmp_path), day.manager.code, clock())
    Sealer.succeed(tmp_path)
    assert anew == (0, 1)

    assert await jobs.run_next(database, clock, tools)
    assert not await jobs.run_next(database, clock, tools)
    done = await day.manager.get(path)
    archive = await day.manager.ask("GET", f"{path}/archive.zip")
    others = await day.clerk(0, 99).ask("GET", f"{path}/archive.zip")
    async with database.begin() as session:
        await export_jobs.forget(session, clock() + export_jobs.KEPT * 2)
    late = await day.manager.ask("GET", f"{path}/archive.zip")

    answers = [answer.status_code for answer in (asked, early, others, archive, late)]
    assert answers == [202, 404, 404, 200, 404]
    assert PASSWORD not in sealed
    assert (done["state"], done["done"], done["steps"], done["size"]) == ("done", 8, 8, len(archive.content))
    with pyzipper.AESZipFile(io.BytesIO(archive.content)) as opened:
        opened.extractall(tmp_path, pwd=PASSWORD.encode())
    assert verify_export(tmp_path / "custody").verified
    told = "SELECT row_to_json(job)::text || (SELECT count(content) FROM job_piece) FROM job"
    kept = str(await one(database, told))
    assert PASSWORD not in kept
    assert '"secret":null' in kept
    assert kept.endswith("}0"), "nothing of the archive is left"
    assert await one(database, "SELECT count(*) FROM entry WHERE act = 'export'") == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "violet kettle orange anvil 1234567"}, "password"),
        ({"password": "パスワードはひみつですよ！"}, "password"),
        ({"card": None}, "card"),
        ({"card": None, "place": "L01F", "occurred_from": EARLY}, "card"),
        ({"card": "C0XK3WYPM0"}, "card"),
        ({"occurred_from": "2026-04-01T00:00:00"}, "occurred_from"),
        ({"purpose": ""}, "purpose"),
        ({"format": "excel"}, "format"),
    ],
)
async def test_an_order_that_means_nothing_is_refused_and_is_no_entry(
    day: Day, database: Database, changed: dict[str, Any], field: str
) -> None:
    order = {"card": new_card(), **ORDER, **changed}
    response = await day.manager.ask("POST", PATH, json={k: v for k, v in order.items() if v is not None})

    assert response.status_code == 400, response.text
    assert field in response.text
    assert await one(database, "SELECT count(*) FROM entry WHERE act = 'export'") == 0


async def test_who_may_not_export_gets_nothing(day: Day, database: Database) -> None:
    response = await day.site(1).clerk.ask("POST", PATH, json=ORDER | {"card": new_card()})

    assert response.status_code == 403
    assert await one(database, "SELECT count(*) FROM entry WHERE act = 'export'") == 0
