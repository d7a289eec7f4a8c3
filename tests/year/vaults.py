"""Who opens a vault, enters its room and changes its order, once a month at one site; counts beside the evening's."""

from __future__ import annotations

from datetime import timedelta

from logistics.rules.calendar import JST
from tests.year import working
from tests.year.stage import Slot, Stage, There

MINUTE = timedelta(minutes=1)


async def work_in(stage: Stage, there: There) -> None:
    """Key, room, vault, another order of its slots, a count of them; an opening that nothing explains; the register."""
    vault = there.vaults[0]
    path = f"/vaults/{vault.code}"
    await there.leader.post(f"{path}/keys", {"holder": there.clerk.code})
    await there.clerk.post("/room/enter", {"reason": "月例の棚整理"})
    await there.clerk.post("/room/enter", {"person": there.second.code})
    await there.clerk.post(f"{path}/open", {})
    stage.clock.now += MINUTE
    await _rearrange(stage, there)
    await _count_some(stage, there)
    stage.clock.now += MINUTE
    await there.clerk.post(f"{path}/close")
    await there.clerk.post("/room/leave", {"person": there.second.code})
    await there.clerk.post("/room/leave", {})
    await there.leader.post(f"{path}/keys/{there.clerk.code}/return")
    await there.leader.post(f"{path}/open", {})
    stage.clock.now += MINUTE
    await there.leader.post(f"{path}/close")
    await _badges(stage, there)
    yesterday = stage.today - timedelta(days=1)
    days = {"first": yesterday.isoformat(), "last": stage.today.isoformat()}
    made = await there.leader.post(f"/places/{there.place}/access-registers", days)
    await stage.paper(there.leader, f"/documents/{made['number']}/paper.pdf", "P16-保管庫開閉記録簿.pdf")


async def carry(stage: Stage, there: There) -> None:
    """Two people carry a card from the site's first vault to its second."""
    lying = [slot for slot in there.vaults[0].slots if slot.cards]
    if not lying or len(there.vaults) == 1:
        return
    card = lying[-1].cards[-1]
    ((below, _),) = there.find_room([card], 1)
    there.take([card])
    await stage.scans(
        there.clerk, f"/slots/{below.code}/carries", [card], "carried", second=there.second.code
    )
    there.lay(below, [card])


async def _rearrange(stage: Stage, there: There) -> None:
    """One card goes to another slot; both slots are counted, as the end of it demands."""
    path = f"/vaults/{there.vaults[0].code}/rearrangement"
    source = next((slot for slot in there.vaults[0].slots if slot.cards), None)
    if source is None:
        return
    target = next(
        slot for slot in there.vaults[0].slots if slot is not source and len(slot.cards) < slot.room
    )
    await there.clerk.post(path, {"reason": "棚番の順に並べ直す"})
    await _move(stage, there, source.cards[0], target)
    counts = [{"slot": slot.code, "cards": len(slot.cards)} for slot in (source, target)]
    await there.clerk.post(f"{path}/end", {"counts": counts})


async def _move(stage: Stage, there: There, card: str, target: Slot) -> None:
    path = f"/slots/{target.code}/scans"
    await stage.scans(there.clerk, path, [card], "moved", supervisor=there.city.code)
    there.take([card])
    there.lay(target, [card])


async def _count_some(stage: Stage, there: There) -> None:
    """An opening count of everything by number, and the month's cyclic count of two slots by scan, with its papers."""
    vault = there.vaults[0]
    slots = [slot for slot in vault.slots if slot.cards][:2]
    if not slots:
        return
    await working.count(stage, there, vault, "opening")
    body = {"kind": "cyclic", "slots": [slot.code for slot in slots], "supervisor": there.city.code}
    code = (await there.clerk.post(f"/vaults/{vault.code}/counts", body))["code"]
    await stage.paper(there.clerk, f"/counts/{code}/sheet.pdf", "P5-棚卸表.pdf")
    for slot in slots:
        await stage.scans(there.clerk, f"/counts/{code}/scans", slot.cards, "counted", slot=slot.code)
    await working.conclude(there, code)
    await stage.paper(there.clerk, f"/counts/{code}/report.pdf", "P6-棚卸報告書.pdf")


async def _badges(stage: Stage, there: There) -> None:
    """The reader of badges at the room's door gives its list of the day before."""
    day = (stage.clock() - timedelta(days=1)).astimezone(JST)
    lines = [
        "person,vault,opened_at,closed_at",
        f"{there.clerk.code},,{day:%Y-%m-%d} 09:00,{day:%Y-%m-%d} 09:20",
        f"{there.clerk.code},{there.vaults[0].code},{day:%Y-%m-%d} 09:05,{day:%Y-%m-%d} 09:15",
    ]
    answer = await there.leader.ask("POST", "/accesses", content="\r\n".join(lines).encode())
    assert answer.status_code in (200, 201), answer.text
