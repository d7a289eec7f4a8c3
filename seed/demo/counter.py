"""A site's counter: what is booked is listed, taken out one by one, handed over; some people do not come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seed.demo.clerk import Clerk
from seed.demo.door import Surprise
from seed.demo.site import Site
from seed.demo.world import Visit, World

HEADING = "管理番号,予約時刻,交付通知書番号"
WRONG_NOTICE = "ZZZ-999999"


async def serve(site: Site, world: World) -> None:
    """Open the vault, print the pick list of the session, and serve everybody who is booked."""
    visits = world.visits[site.number]
    clerk = site.worker
    vault = (await clerk.get(f"/places/{site.place}/vaults"))[0]["code"]
    await clerk.post(f"/vaults/{vault}/open", {})
    pick_list = await _book(site, world, visits)
    for n, visit in enumerate(visits):
        slot = (await clerk.get(f"/cards/{visit.card}"))["slot"]
        await _take_out(clerk, visit.card, pick_list)
        if n == 0 and len(visits) > 1:
            await _mistakes(site, visit, visits[1], pick_list)
        if visit.comes == "agent":
            await _by_agent(site, visit)
        if visit.comes == "nobody":
            await _expect(clerk, f"/slots/{slot}/put-backs", visit.card, "put_back")
        else:
            await _issue(clerk, visit, "issued", visit.notice)
    await clerk.post(f"/vaults/{vault}/close")


async def _book(site: Site, world: World, visits: Sequence[Visit]) -> str:
    """The pick list of the day's session, as the booking system exports it and as it is printed; its code."""
    clerk = site.leader
    day = {"day": world.day.isoformat(), "service": "center_3f_day" if site.number == 13 else "counter_day"}
    code: str = (await clerk.post("/pick-lists", day))["code"]
    lines = [f"{visit.card},{visit.booked_for},{visit.notice}" for visit in visits]
    text = "\r\n".join([HEADING, *lines, ""]).encode("cp932")
    await clerk.send(f"/pick-lists/{code}/bookings", text)
    await clerk.refused("list-invalid", f"/pick-lists/{code}/bookings", content=text)
    paper = (await clerk.post(f"/pick-lists/{code}/papers"))["number"]
    await clerk.paper("GET", f"/documents/{paper}/paper.pdf", site.slug)
    return code


async def _mistakes(site: Site, first: Visit, second: Visit, pick_list: str) -> None:
    """A second card is not let out, and the wrong notice stops the issue."""
    clerk = site.worker
    more = {"purpose": "issue", "pick_list": pick_list}
    await clerk.scan_refused("/take-outs", clerk.of(second.card), "hand_full", **more)
    await _issue(clerk, first, "notice_mismatch", WRONG_NOTICE)
    clerk.service.refusals["notice_mismatch"] += 1


async def _by_agent(site: Site, visit: Visit) -> None:
    """An agent came: the city works at the terminal, and gives the card back."""
    clerk = site.worker
    body = {"to": site.supervisor, "reason": "agent", "scans": [clerk.of(visit.card)]}
    handed = await clerk.post("/city-handovers", body)
    await clerk.paper("GET", f"/documents/{handed['slip']}/paper.pdf", site.slug)
    await _expect(clerk, "/city-returns", visit.card, "back_from_city")


async def _take_out(clerk: Clerk, card: str, pick_list: str) -> None:
    await _expect(clerk, "/take-outs", card, "taken_out", purpose="issue", pick_list=pick_list)


async def _expect(clerk: Clerk, path: str, card: str, outcome: str, **more: str) -> None:
    (answer,) = await clerk.scan(path, [clerk.of(card)], **more)
    if answer["outcome"] != outcome:
        raise Surprise(f"{path} answered {answer['outcome']} where {outcome} was due")


async def _issue(clerk: Clerk, visit: Visit, outcome: str, notice: str) -> None:
    scan: dict[str, Any] = {**clerk.of(visit.card), "notice_number": notice}
    (answer,) = (await clerk.post("/issues", {"scans": [scan]}))["outcomes"]
    if answer["outcome"] != outcome:
        raise Surprise(f"an issue came to {answer['outcome']} where {outcome} was due")
