"""The office, as pages: people with their papers and accounts, devices, tokens, rosters, registers, settings."""

from __future__ import annotations

import re
from typing import Any

from api.pages.settings import LIMIT_WORDS
from logistics.rules.codes import CodeType, type_of
from logistics.rules.vaulting import AlarmKind
from logistics.store.database import Database, driver
from seed.load import COURIER, person_code, place_code
from tests.http.reader import Reader, words
from tests.sessions import headers_of

MANAGER, CLERK, SYSTEM, PRIVACY = (
    person_code(0, 1),
    person_code(1, 2),
    person_code(0, 97),
    person_code(0, 94),
)
SOMEBODY = person_code(2, 2)
FAULT = 'class="said fault"'


async def _row(database: Database, query: str, *values: Any) -> Any:
    async with database.read() as session:
        return await (await driver(session)).fetchrow(query, *values)


async def test_a_person_is_registered_by_two_enrolled_with_a_code_and_shut_out(
    reader: Reader, database: Database
) -> None:
    row = {
        "name": "新しい従事者",
        "role": "worker",
        "home": place_code(1),
        "employer": "受託者",
        "employment": "full_time",
        "effective_from": "2026-04-01",
        "registered_from": "2026-04-01",
        "registered_to": "2026-04-20",
        "reason": "増員",
        "back": "/people",
    }
    asked = await reader.send("/people/register", MANAGER, **row)
    number = re.search(r"<title>承認 (H\w+)", asked)
    assert number is not None, asked
    page = await reader.see(f"/approvals/{number[1]}", PRIVACY)
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    await reader.send(f"/approvals/{number[1]}/approve", PRIVACY, seen=seen[1], back="/approvals")
    made = words(await reader.send(f"/approvals/{number[1]}/do", MANAGER, back="/approvals"))
    code = re.search(r"従事者 (P\w+) を登録しました", made)
    assert code is not None
    person = code[1]

    before = words(await reader.see(f"/people/{person}", MANAGER))
    pledged = await reader.send(
        f"/people/{person}/pledges", MANAGER, received_on="2026-04-01", reference="綴り 12", back="/people"
    )
    trained = await reader.send(
        f"/people/{person}/trainings",
        MANAGER,
        held_on="2026-04-01",
        topic="個人情報",
        valid_to="2026-04-10",
        training_reference="綴り 13",
        back="/people",
    )
    warned = words(await reader.see("/people", MANAGER))
    home = words(await reader.see("/", MANAGER))
    issued = await reader.send(f"/people/{person}/enrolment", SYSTEM, back="/people")
    out = words(await reader.send(f"/people/{person}/disable", SYSTEM, back="/people"))
    back = words(await reader.send(f"/people/{person}/enable", SYSTEM, back="/people"))

    assert "不可：誓約書なし" in before
    assert "誓約書を記録しました" in pledged
    assert "きょうの操作 可" in words(trained)
    assert "新しい従事者 北区役所 研修 令和8年4月10日（金）" in warned
    assert "1 30 日以内に操作できなくなる人" in home
    assert re.search(r'class="secret hash">[A-Z]{5}(-[A-Z]{5}){5}<', issued)
    assert "停止しました" in out
    assert "再開しました" in back
    own = await reader.send(f"/people/{MANAGER}/disable", MANAGER, back=f"/people/{MANAGER}")
    assert FAULT in own, "nobody shuts out himself"


async def test_a_site_sees_its_own_people_and_manages_nobody(reader: Reader) -> None:
    page = await reader.see("/people", CLERK)

    assert person_code(1, 1) in page
    assert SOMEBODY not in page
    await reader.see(f"/people/{SOMEBODY}", CLERK, 404)
    mine = await reader.see(f"/people/{person_code(1, 1)}", CLERK)
    assert "/enrolment" not in mine
    for path in ("/devices", "/registers", "/settings"):
        await reader.see(path, CLERK, 403)
    assert FAULT in await reader.send(f"/people/{person_code(1, 1)}/disable", CLERK, back="/people")


async def test_a_device_gets_its_code_a_machine_its_token_and_both_are_revoked(reader: Reader) -> None:
    added = await reader.send(
        "/devices/add", SYSTEM, name="窓口 9 号機", place=place_code(1), area="窓口", back="/devices"
    )
    device = re.search(r'<span class="code">(E\w+)</span>', added)
    assert device is not None
    again = await reader.send("/devices/reissue", SYSTEM, device=device[1], back="/devices")
    token = await reader.send(
        "/tokens/add",
        SYSTEM,
        token_name="固定読取機",
        person=CLERK,
        token_device="E001X",
        scope_scan="yes",
        last_day="2026-05-01",
        back="/devices",
    )
    secret = re.search(r'class="secret hash">([a-p]{64})<', token)
    number = re.search(r'<span class="code">#(\d+)</span>', token)
    gone = words(await reader.send("/devices/revoke", SYSTEM, device=device[1], back="/devices"))

    assert re.search(r"[A-Z]{5}-[A-Z]{5}-", again)
    assert "を失効しました" in gone
    assert secret is not None
    assert number is not None
    machine = {"Authorization": f"Bearer {secret[1]}"}
    scan = {"supervisor": person_code(1, 91), "scans": []}
    assert (await reader.client.post("/api/v1/scans", headers=machine, json=scan)).status_code == 400
    await reader.send("/tokens/revoke", SYSTEM, token=number[1], back="/devices")
    assert (await reader.client.get("/api/v1/cards", headers=machine)).status_code == 401


async def test_the_two_weeks_ahead_are_shown_and_a_roster_fills_its_day(reader: Reader) -> None:
    leader, place = person_code(1, 1), place_code(1)
    before = await reader.see("/rosters", leader)
    everybody = [person_code(1, n) for n in range(1, 9)]
    known = [code for code in everybody if code in before]

    after = await reader.send(
        "/rosters", leader, place=place, day="2026-04-02", people="\n".join(known), back="/rosters"
    )
    foreign = await reader.send(
        "/rosters", leader, place=place_code(2), day="2026-04-02", people=known[0], back="/rosters"
    )

    assert words(before).count("未") - words(after).count("未") == 1
    assert "名簿（第 1 版）を提出しました" in after
    assert FAULT in foreign
    assert place_code(2) not in before


async def test_a_company_and_a_vault_are_added_registered_and_on_paper(
    reader: Reader, database: Database
) -> None:
    consent = {
        "number": "R8-配送-9",
        "scope": "搬送",
        "contract": "契約 9",
        "valid_from": "2026-04-01",
        "valid_to": "2027-03-31",
        "back": "/registers",
    }
    company = await reader.send("/registers/consents", MANAGER, company="第二運送", **consent)
    twice = await reader.send("/registers/consents", MANAGER, courier=COURIER, **consent)
    vault = {"vault_place": place_code(1), "vault_name": "予備の保管庫", "vault_lock": "電子錠"}
    size = {"purpose": "stock", "shelves": "2", "positions": "3", "capacity": "40", "back": "/registers"}
    added = words(await reader.send("/registers/vaults", MANAGER, **vault, **size))
    code = re.search(r"保管庫 (V\w+) を追加しました", added)
    assert code is not None
    registered = await reader.send(
        "/registers/premises",
        MANAGER,
        premises_number="京-99",
        place=place_code(1),
        room="2F 書庫",
        vault=code[1],
        lock_type="電子錠",
        key_holder=person_code(1, 1),
        registered_on="2026-04-01",
        back="/registers",
    )
    paper = await reader.send("/registers/paper", MANAGER, catalogue="P20", back="/registers")

    assert "第二運送" in company
    assert FAULT in twice
    assert "京-99" in registered
    slots = await _row(
        database, "SELECT count(*), min(registration), sum(capacity) FROM slot WHERE vault = $1", code[1]
    )
    assert tuple(slots) == (6, "京-99", 240)
    assert "再委託・配送業者台帳" in paper
    assert "原本を印刷する" in paper
    courier = await _row(database, "SELECT code FROM courier WHERE name = '第二運送'")
    assert type_of(courier["code"]) is CodeType.COURIER
    vehicle = await _row(database, "SELECT kind, party FROM place WHERE party = $1", courier["code"])
    assert vehicle["kind"] == "vehicle"
    site = await reader.client.post(
        "/api/v1/places",
        headers=headers_of(MANAGER),
        json={"name": "新区役所", "short_name": "新", "kind": "counter", "address": "市内", "windows": 3},
    )
    refused = await reader.client.post(
        "/api/v1/vaults",
        headers=headers_of(CLERK),
        json={
            "place": place_code(1),
            "name": "x",
            "lock_type": "x",
            "shelves": 1,
            "positions": 1,
            "capacity": 1,
        },
    )
    assert (site.status_code, refused.status_code) == (201, 403)
    assert site.json()["code"] == place_code(14)


def test_every_alarm_has_words_on_the_settings_page() -> None:
    assert set(LIMIT_WORDS) == {kind.value for kind in AlarmKind}


async def test_the_settings_say_what_holds_and_who_may_change_it(reader: Reader) -> None:
    before = words(await reader.see("/settings", person_code(0, 99)))
    change = {"kind": "unsighted", "value": "14", "unit": "days", "reason": "夏の間", "back": "/settings"}
    after = words(await reader.send("/settings/limits", MANAGER, **change))
    refused = await reader.send("/settings/limits", PRIVACY, **change)
    wrong = await reader.send("/settings/limits", MANAGER, **(change | {"value": "4000"}))

    assert "現物を確かめる間隔（循環棚卸し） すべて 30 日 初期値" in before
    assert "変えられる人：統括管理者、管理者" in before
    assert "現物を確かめる間隔（循環棚卸し） すべて 14 日 令和8年4月1日（水）" in after
    assert "夏の間" in after
    assert FAULT in refused
    assert FAULT in wrong
