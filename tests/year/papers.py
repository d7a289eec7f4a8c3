"""The papers that are not a step of any card's way, each printed once in the year: registers, reports, certificates."""

from __future__ import annotations

from datetime import date

from tests.year.stage import Stage, There

CONTACTS = (
    ("京都市", "区政推進課", "担当 一郎", "075-222-0001"),
    ("京都市", "区政推進課（代理）", "担当 二郎", "075-222-0002"),
    ("受託者", "統括管理者", "統括 花子", "075-222-0003"),
)


async def contacts(stage: Stage) -> None:
    """Whom to call, as P21; the city's first line is told of incidents."""
    lines = [
        {
            "party": party,
            "duty": duty,
            "name": name,
            "phone": phone,
            "hours": "平日 8時30分〜17時15分",
            "mail": "mynumber@city.example" if n == 0 else None,
            "notified": n == 0,
        }
        for n, (party, duty, name, phone) in enumerate(CONTACTS)
    ]
    manager = stage.annex.leader
    made = await manager.post("/contacts", {"lines": lines, "reason": "令和8年度の初版"})
    await stage.paper(manager, f"/documents/{made['document']}/paper.pdf", "P21-緊急連絡先.pdf")


async def registers(stage: Stage) -> None:
    """Who works, who carries, where things are kept: P19, P20, P22."""
    manager = stage.annex.leader
    for catalogue, name in (("P19", "作業責任者・従事者届"), ("P20", "配送業者台帳"), ("P22", "保管場所届")):
        made = await manager.post("/registers/papers", {"catalogue": catalogue})
        path = f"/registers/papers/{made['number']}/register.pdf"
        await stage.paper(manager, path, f"{catalogue}-{name}.pdf")


async def of_month(stage: Stage, month: date) -> None:
    """What the first month's end leaves on paper beside P11: P13, P14, P24, and a certificate of a card's way, P17."""
    manager, named = stage.annex.leader, {"month": f"{month:%Y-%m}"}
    made = await manager.post("/reports/month-reports", named)
    await stage.paper(manager, f"/documents/{made['number']}/paper.pdf", "P13-月次報告書.pdf")
    made = await manager.post("/reports/management-reports", named)
    await stage.paper(manager, f"/documents/{made['number']}/paper.pdf", "P14-管理状況報告書.pdf")
    there = stage.sites[0]
    made = await there.leader.post("/reports/undelivered/cards", named | {"place": there.place})
    await stage.paper(there.leader, f"/documents/{made['number']}/paper.pdf", "P24-未交付カード一覧.pdf")
    if not stage.is_signed:
        return
    await stage.until_signed()
    for card in stage.lost[:1]:
        made = await manager.post(f"/cards/{card}/certificates", {"purpose": "紛失の調査"})
        path = f"/certificates/{made['number']}/certificate.pdf"
        await stage.paper(manager, path, "P17-来歴証明.pdf")


async def of_day(stage: Stage, there: There, day: date) -> None:
    """The report of a closed day, the morning after: P12."""
    path = f"/places/{there.place}/day-closes/{day.isoformat()}/report.pdf"
    await stage.paper(there.leader, path, "P12-日次報告書.pdf")
