"""Incidents, from the alarm to the city's decision: told at once, sealed, on paper, and closed by two people."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pypdfium2
import pytest
import pyzipper
from litestar import Litestar

from logistics.ledger.sequencer import Sequencer
from logistics.ledger.verify.check import verify_export
from logistics.rules.calendar import JST
from logistics.store.database import Database, driver
from logistics.work import freezing
from logistics.work.exports import until_signed
from tests.applications import application
from tests.http import disposing
from tests.http.conftest import OPENING
from tests.http.counting import MovingClock
from tests.http.day import Clerk, Day, new_card
from tests.http.reader import Reader
from tests.http.reader import words as shown_by
from tests.http.rows import contents
from tests.sessions import confirm_everybody, headers_of
from tests.sql.gate_rows import rows

NOTICED = "2026-04-01T08:55:00+09:00"
REPORT = {"kind": "loss", "happened": "取出しのとき棚に無かった", "noticed_at": NOTICED, "items": []}
LAST = {
    "told_city": "電話で報告した",
    "contained": "保管庫の全数を数えた",
    "cause": "小箱とともに廃棄した可能性",
    "prevention": "空箱を二人で確かめる",
}


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(OPENING)


@pytest.fixture
async def app(database: Database, clock: MovingClock, tmp_path: Path) -> AsyncIterator[Litestar]:
    """In place of the application without a signer."""
    sequencer = Sequencer(database, tmp_path / "signer", clock)
    task = asyncio.create_task(sequencer.run())
    yield application(database, clock, sequencer)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def said(by: Clerk, incident: str, kind: str, words: str, **more: Any) -> Any:
    body = {"kind": kind, "words": words, **more}
    return await by.post(f"/incidents/{incident}/course", body)


async def told(day: Day, incident: str) -> list[tuple[str, str]]:
    """What the city was told of an incident, the earliest first, and the class each mail names."""
    found = await day.manager.get("/messages", about=incident)
    return [(one["event"], one["subject"][4]) for one in reversed(found)]


async def text_of(day: Day, document: str) -> str:
    answer = await day.manager.ask("GET", f"/documents/{document}/paper.pdf")
    assert answer.status_code == 200, answer.text
    pages = pypdfium2.PdfDocument(answer.content)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    pages.close()
    return "".join(text.split())


async def test_an_incident_goes_from_the_alarm_to_the_decision_of_the_city(
    day: Day, database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    (card, *_) = await day.stored(1, 2)
    site, signer = day.site(1), tmp_path / "signer"
    raised = await site.clerk.post("/incidents", REPORT | {"items": [{"code": card, "pin_set": None}]})
    code = raised["code"]
    assert (raised["state"], raised["grade"], raised["place"]) == ("open", "B", site.place)

    # The class rises with the PIN, and the city hears of it; a worker raises, a leader follows up.
    item = {"items": [{"code": card, "pin_set": True}], "words": "端末で設定済みを確認"}
    assert (await site.clerk.refused(f"/incidents/{code}/items", item))["status"] == 403
    assert (await site.leader.post(f"/incidents/{code}/items", item))["grade"] == "A"
    assert await told(day, code) == [("incident.opened", "B"), ("incident.raised", "A")]

    # The service seals what the log holds as soon as it is signed, once, and it verifies without the service.
    assert await until_signed(database, 30)
    both = await asyncio.gather(*(freezing.freeze_new(database, signer, clock()) for _ in range(2)))
    assert sorted(map(len, both)) == [0, 1]
    (sealed,) = (await site.leader.get(f"/incidents/{code}"))["evidence"]
    order = {
        "purpose": "事故調査",
        "approval": "市監第1号",
        "password": "k7wmq-z4hd9-x2vnc-8tjrp-f5ybe-g3ks6",
    }
    answer = await day.manager.ask("POST", f"/incidents/{code}/evidence/{sealed['id']}/archive", json=order)
    here, head = f"/incidents/{code}", headers_of(day.manager.code)
    assert f'action="{here}/evidence/archive"' in (await day.client.get(here, headers=head)).text
    form = order | {"piece": str(sealed["id"]), "csrf": head["X-CSRF-Token"], "back": here}
    page = await day.client.post(f"{here}/evidence/archive", headers=head, data=form)
    with pyzipper.AESZipFile(io.BytesIO(page.content)) as archive:
        archive.setpassword(order["password"].encode())
        assert archive.testzip() is None
    with pyzipper.AESZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path / "out", pwd=order["password"].encode())
    report = verify_export(tmp_path / "out" / code)
    assert (report.verified, report.entries) == (True, sealed["entries"])
    assert f'"sha256":"{sealed["sha256"]}"' in str(
        await rows(database, "SELECT body FROM entry WHERE act = 'freeze_evidence'")
    )

    # Clocks: nobody has told the city for an hour, no first report for three days.
    clock.now = datetime(2026, 4, 4, 9, tzinfo=JST)
    late = {
        c["name"] for c in (await day.manager.get(f"/incidents/{code}"))["incident"]["clocks"] if c["overdue"]
    }
    assert late == {"now", "day_3"}
    first = await site.leader.post(f"/incidents/{code}/reports", {"stage": "first_report"})
    assert (await site.clerk.refused(f"/incidents/{code}/reports", {"stage": "follow_up"}))["status"] == 403
    early = await site.leader.refused(f"/incidents/{code}/reports", {"stage": "final_report"})
    assert early["missing"] == [
        "市への連絡",
        "被害拡大の防止",
        "原因",
        "再発防止策",
        "監督機関への報告の要否",
    ]
    for kind, words in LAST.items():
        whom = {"whom": "区政推進課 担当"} if kind == "told_city" else {}
        await said(site.leader, code, kind, words, **whom)
    await said(day.city, code, "reportable", "特定個人情報の漏えいに当たらない", decided=False)
    action = {"what": "空箱確認の手順書を改める", "responsible": site.leader.code, "due_on": "2026-04-10"}
    await site.leader.post(f"/incidents/{code}/actions", action)
    final = await site.leader.post(f"/incidents/{code}/reports", {"stage": "final_report"})
    assert (first["incident"]["state"], final["incident"]["state"]) == ("reported", "final")

    # The city decides, and not while something is still to be done; nobody closes alone.
    close = {"reason": "本市として終結とする"}
    assert (await site.leader.refused(f"/incidents/{code}/close", close))["type"].endswith(
        "incident-not-ready"
    )
    clock.now += timedelta(days=10)
    waiting = (await day.manager.get("/incidents", open="true"))["items"]
    assert [(one["code"], one["overdue"], one["late_actions"]) for one in waiting] == [(code, True, 1)]
    await site.leader.post(f"/incidents/{code}/actions/1/end", {"how": "done", "words": "改訂・周知済み"})
    assert (await site.leader.refused(f"/incidents/{code}/close", close))["type"].endswith("approval-needed")
    assert (await day.city.refused(f"/incidents/{code}/close", close))["status"] == 403
    await confirm_everybody(database, clock())
    approval = await day.approved(site.leader, day.city, "close_incident", code, **close)
    closed = await site.leader.post(f"/incidents/{code}/close", close | {"approval": approval})
    assert (closed["state"], closed["possible_steps"], closed["overdue"]) == ("closed", [], False)
    assert (await said_refused(site.leader, code))["type"].endswith("incident-step-refused")
    assert [event for event, _ in await told(day, code)] == [
        "incident.opened",
        "incident.raised",
        "incident.reported",
        "incident.reported",
        "incident.closed",
    ]

    # The papers say it all, and say it as it was.
    shown = await text_of(day, final["document"])
    for words in (
        *LAST.values(),
        "確報・第2報",
        "設定あり",
        "A（重大）",
        "期限",
        sealed["sha256"],
        "区政推進課担当",
    ):
        assert "".join(words.split()) in shown, words
    assert "調査中" in await text_of(day, first["document"])


async def said_refused(by: Clerk, incident: str) -> dict[str, Any]:
    return await by.refused(f"/incidents/{incident}/course", {"kind": "course", "words": "その後の経過"})


async def test_an_incident_is_closed_on_pages_alone(
    day: Day, reader: Reader, database: Database, clock: MovingClock
) -> None:
    (card, *_) = await day.stored(1, 2)
    clerk, leader, city = day.site(1).clerk.code, day.site(1).leader.code, day.city.code
    told = {"kind": "loss", "happened": "取出しのとき棚に無かった", "noticed_at": "2026-04-01T08:55"}
    raised = await reader.send("/incidents", clerk, items=card, pin_set="no", back="/incidents/new", **told)
    found = re.search(r"事故 (\w+) を登録しました。市へ通知します。", raised)
    assert found is not None, shown_by(raised)
    code, page = found[1], f"/incidents/{found[1]}"

    async def does(who: str, path: str, **form: str) -> str:
        """What is answered above the page."""
        answer = re.search(
            r'<div class="said.*?</div>',
            await reader.send(f"{page}/{path}", who, back=page, **form),
            re.DOTALL,
        )
        assert answer is not None, path
        return shown_by(answer[0])

    assert "事故報告書（P9）" not in shown_by(await reader.see(page, clerk))
    said = [await does(leader, "reports", stage="first_report")]
    early = await does(leader, "reports", stage="final_report")
    assert "原因" in early
    assert "作成しました" not in early
    for kind, words in LAST.items():
        whom = {"whom": "区政推進課 担当"} if kind == "told_city" else {}
        assert "経過を記録しました" in await does(leader, "course", kind=kind, words=words, **whom)
    await does(city, "course", kind="reportable", words="漏えいに当たらない", decided="no")
    action = {"what": "手順書を改める", "responsible": leader, "due_on": "2026-04-10"}
    assert "実施項目を登録しました" in await does(leader, "actions", **action)
    said += [await does(leader, "reports", stage=stage) for stage in ("follow_up", "final_report")]
    assert all("作成しました" in one for one in said), said
    assert "実施項目を終えました" in await does(leader, "actions/1/end", how="done", words="周知済み")

    # The city decides on a page of its own; nobody closes without it.
    reason = "本市として終結とする"
    assert "終結しました" not in await does(leader, "close", words=reason)
    form = {"act": "close_incident", "subject": code, "reason": reason, "back": "/approvals"}
    asked = re.search(r"<title>承認 (H\w+)", await reader.send("/approvals/request", leader, **form))
    assert asked is not None
    await confirm_everybody(database, clock())
    seen = re.search(r'name="seen" value="(\w+)"', await reader.see(f"/approvals/{asked[1]}", city))
    assert seen is not None
    await reader.send(f"/approvals/{asked[1]}/approve", city, seen=seen[1], back="/approvals")
    assert "終結しました" in await does(leader, "close", words=reason, approval=asked[1])
    last = await reader.see(page, city)
    assert "終結する" not in shown_by(last)
    papers = re.findall(r"/api/v1/documents/(\w+)/paper\.pdf\">PDF", last)
    assert len(papers) == 3
    assert "確報" in await text_of(day, papers[-1])


async def test_a_card_found_after_its_disposal_is_an_incident_by_itself_once(day: Day) -> None:
    proposal, (card,) = await disposing.picked(day)
    await disposing.begin(day, proposal, 1)
    assert await disposing.destroy(day, proposal, [card]) == ["destroyed"]
    assert await disposing.destroy(day, proposal, [card]) == ["already_destroyed"]
    await disposing.finish(day, proposal)
    assert (await day.manager.get("/incidents"))["items"] == []

    await day.site(1).receive(card)
    await day.site(2).receive(card)

    (one,) = (await day.manager.get("/incidents"))["items"]
    assert (one["kind"], one["by_itself"], one["place"], one["grade"]) == (
        "found_after_disposal",
        True,
        day.site(1).place,
        "B",
    )
    file = await day.manager.get(f"/incidents/{one['code']}")
    assert [item["code"] for item in file["items"]] == [card]
    assert await told(day, one["code"]) == [("incident.opened", "B")]
    found = (await day.manager.get("/discrepancies"))["items"]
    assert {(difference["kind"], difference["card"]) for difference in found} == {("over", card)}


async def test_an_incident_is_its_place_s_and_of_who_watches_over_all(day: Day, database: Database) -> None:
    ours, theirs = day.site(1), day.site(2)
    # A card that is nobody's here is a fact as well; what is no thing of ours is refused.
    code = (await ours.clerk.post("/incidents", REPORT | {"items": [{"code": new_card(), "pin_set": None}]}))[
        "code"
    ]
    before = await contents(database)

    for who, status in ((theirs.leader, 404), (ours.clerk, 403)):
        assert (await said_refused(who, code))["status"] == status
    assert (await theirs.leader.ask("GET", f"/incidents/{code}")).status_code == 404
    assert (await theirs.leader.get("/incidents"))["items"] == []
    assert [one["code"] for one in (await day.city.get("/incidents"))["items"]] == [code]
    elsewhere = REPORT | {"place": theirs.place}
    assert (await ours.clerk.refused("/incidents", elsewhere))["status"] == 404
    person = REPORT | {"items": [{"code": ours.clerk.code, "pin_set": None}]}
    assert (await ours.clerk.refused("/incidents", person))["errors"][0]["field"] == "items"
    tomorrow = REPORT | {"noticed_at": "2026-04-02T09:00:00+09:00"}
    assert (await ours.clerk.refused("/incidents", tomorrow))["type"].endswith("future-time")
    number = REPORT | {"happened": "番号 123456789018 のカード"}
    assert (await ours.clerk.refused("/incidents", number))["type"].endswith("my-number-refused")
    undecided = {"kind": "reportable", "words": "判断した"}
    assert (await ours.leader.refused(f"/incidents/{code}/course", undecided))["errors"][0][
        "field"
    ] == "decided"

    after = await contents(database)
    assert after["incident"] == before["incident"]
    assert after["message"] == before["message"]
    # The courier's crew raises one at the annex, and sees it.
    crew = await day.courier.post("/incidents", REPORT | {"kind": "theft"})
    assert (crew["place"], crew["grade"]) == (day.back_office.place, "A")
    assert (await day.courier.get(f"/incidents/{crew['code']}"))["incident"]["code"] == crew["code"]

    # Not even by hand does an incident take a step that the table does not know.
    async with database.begin() as session:
        with pytest.raises(asyncpg.ForeignKeyViolationError, match="incident_event_legal_step_fkey"):
            await (await driver(session)).execute(
                "INSERT INTO incident_event (incident, kind, occurred_at, words, lifecycle, from_state, step, to_state,"
                " recorded_by, recorded_at, entry) SELECT code, 'step', now(), 'x', 'incident', 'open', 'close',"
                " 'closed', opened_by, now(), entry FROM incident"
            )


async def test_whom_to_call_is_a_new_version_each_time_and_hears_of_incidents(day: Day) -> None:
    line = {
        "party": "京都市",
        "duty": "区政推進課",
        "name": "担当 一郎",
        "phone": "075-222-0000",
        "hours": "平日 9時〜17時",
        "mail": "mynumber@city.example",
        "notified": True,
    }
    deputy = line | {"name": "担当 二郎", "mail": None, "notified": False}
    assert (await day.annex.refused("/contacts", {"lines": [line], "reason": "初版の作成"}))["status"] == 403
    nowhere = {"lines": [line | {"mail": None}], "reason": "初版の作成"}
    assert (await day.manager.refused("/contacts", nowhere))["errors"][0]["field"] == "lines[0].mail"

    first = await day.manager.post("/contacts", {"lines": [line], "reason": "初版の作成"})
    second = await day.manager.post("/contacts", {"lines": [line, deputy], "reason": "代理を追加"})
    code = (await day.site(1).clerk.post("/incidents", REPORT))["code"]

    assert (first["version"], second["version"]) == (1, 2)
    assert [one["version"] for one in await day.site(1).clerk.get("/contacts/versions")] == [2, 1]
    shown = await text_of(day, second["document"])
    assert "担当二郎" in shown
    assert "第2版" in shown
    (message,) = await day.manager.get("/messages", about=code)
    assert message["deliveries"] == []
    changed = (await day.manager.get("/messages", about=second["document"]))[0]
    assert changed["event"] == "contacts.changed"


async def test_a_difference_is_told_on_paper_as_it_stands(day: Day) -> None:
    sent = await day.delivered(1, 2)
    site = day.site(1)
    await site.receive(sent.cards[0])
    await site.close(sent.manifest, missing=1)
    ((difference, card),) = [
        (one["code"], one["card"]) for one in (await day.manager.get("/discrepancies"))["items"]
    ]
    await site.leader.post(f"/discrepancies/{difference}/notes", {"reason": "分室に照会中"})

    made = await site.leader.post(f"/discrepancies/{difference}/reports")

    shown = await text_of(day, made["document"])
    for words in ("不足", "分室に照会中", "未処理", "所在不明", str(card)[:4]):
        assert words in shown, words
    assert (await day.site(2).leader.ask("POST", f"/discrepancies/{difference}/reports")).status_code == 404
