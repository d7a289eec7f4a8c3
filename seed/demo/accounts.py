"""Passwords, authenticators and stations of the demonstration: made by chance at its first start, kept in DATA_DIR.

Nothing here is in the repository, and no installation that has a database of its own gets any of it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import msgspec

from logistics.rules import passwords, tokens
from logistics.store.database import Database, driver
from logistics.store.sealing import DIRECTORY, Sealer
from logistics.work import credentials, devices, people
from seed import contract
from seed.load import ANNEX_STAFF, CENTER, VEHICLE_NUMBER, person_code, place_code

FILE = "demonstration.json"
AREA = "執務室"
STATIONS = 3


# Of each place, how many stations it has, and the first that waits to be let in, if one does.
_WAITING = """
SELECT place.code AS place, place.name, count(device.code) AS stations,
       (array_agg(device.code ORDER BY device.created_at, device.code)
            FILTER (WHERE device.secret IS NULL AND device.revoked_at IS NULL))[1] AS device
FROM place
LEFT JOIN device ON device.place = place.code
WHERE place.code = ANY ($1::text[])
GROUP BY place.code
ORDER BY place.code
"""


class Holder(msgspec.Struct, frozen=True):
    """What one person signs in with."""

    password: str
    secret: str


class Keys(msgspec.Struct, frozen=True):
    """Everybody's, by code; and by place the one-time codes of its stations, one for each station."""

    people: Mapping[str, Holder]
    stations: Mapping[str, list[str]]


async def hand_out(database: Database, sealer: Sealer, now: datetime) -> Keys:
    """Give those who play a day, and one of each role, what they need; and every place its stations."""
    stations: dict[str, list[str]] = {}
    holders = {code: Holder(tokens.new_code(), passwords.new_secret()) for code in _players()}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        loop = asyncio.get_running_loop()
        hashes = await asyncio.gather(
            *(loop.run_in_executor(pool, passwords.hashed, held.password) for held in holders.values())
        )
    async with database.begin() as session:
        for (code, held), kept_hash in zip(holders.items(), hashes, strict=True):
            await credentials.put(session, sealer, code, kept_hash, held.secret)
        manager = await people.actor(session, person_code(0, 1))
        places = await (await driver(session)).fetch("SELECT code FROM place ORDER BY code")
        for place in places:
            count = ANNEX_STAFF + 6 if place["code"] == place_code(0) else STATIONS
            made = [
                await devices.add(session, manager, f"端末 {n}", place["code"], AREA, now)
                for n in range(1, count + 1)
            ]
            stations[place["code"]] = [once for _, once in made]
    return Keys(holders, stations)


def keep(keys: Keys, data_dir: Path) -> None:
    """Write them where only the service's own account reads them."""
    path = data_dir / DIRECTORY / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(keys))


def kept(data_dir: Path) -> Keys | None:
    """What was kept; None where there is no demonstration."""
    path = data_dir / DIRECTORY / FILE
    return msgspec.json.decode(path.read_bytes(), type=Keys) if path.exists() else None


async def shown(database: Database, keys: Keys, now: datetime, app_now: datetime) -> list[str]:
    """Lines for the terminal: one account of each role with its code of this moment, and codes for stations.

    The annex, a site and the courier's vehicle: a day passes through all three. Where every station was let in,
    another is added.
    """
    lines = ["Demonstration accounts (this machine only):"]
    async with database.begin() as session:
        known = await people.actors(session, keys.people)
        by_role = {actor.role: actor for actor in sorted(known.values(), key=lambda a: a.code, reverse=True)}
        for role, actor in sorted(by_role.items()):
            held = keys.people[actor.code]
            code = passwords.code_at(held.secret, app_now)
            lines.append(f"  {role.value:<15} {actor.code}  {held.password}  {code}  {actor.name}")
        manager = known[person_code(0, 1)]
        wanted = [place_code(0), place_code(1), place_code(VEHICLE_NUMBER)]
        for place in await (await driver(session)).fetch(_WAITING, wanted):
            if place["device"]:
                once = await devices.reissue(session, manager, place["device"], now)
            else:
                name = f"端末 {place['stations'] + 1}"
                _, once = await devices.add(session, manager, name, place["place"], AREA, now)
            lines.append(
                f"  station   {place['name']}: {once}  (once, at /devices/enrol; without it one may only look)"
            )
    lines.append("Codes change every 30 seconds: `logistics demo-codes` shows the present ones.")
    return lines


def _players() -> list[str]:
    """Who plays a day, and somebody of each role who does not."""
    sites = [person_code(site, number) for site in contract.SITES for number in (1, 2, 91)]
    annex = [person_code(0, number) for number in (*range(1, ANNEX_STAFF + 2), 91, 94, 95, 97, 99)]
    return [*annex, *sites, person_code(CENTER, 89), person_code(VEHICLE_NUMBER, 1)]
