"""`logistics people …`: for whoever keeps the machine, before anybody can sign in and when nobody can any more."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys

from logistics.commands.command import Command, database_url, opened
from logistics.rules.errors import InvalidValue
from logistics.settings import Settings
from logistics.store.database import Database, driver
from logistics.store.sealing import Sealer

_ACCOUNTS = """
SELECT person.code, person.name, person.role, account.password IS NOT NULL AS has_password,
       account.disabled_at IS NOT NULL AS is_disabled, COALESCE(account.break_glass, false) AS break_glass,
       COALESCE(tried.failures, 0) AS failures,
       (SELECT count(*) FROM passkey WHERE passkey.person = person.code AND revoked_at IS NULL) AS passkeys
FROM person
LEFT JOIN account ON account.person = person.code
LEFT JOIN sign_in_try AS tried ON tried.name = person.code
WHERE account.person IS NOT NULL OR $1
ORDER BY person.code
"""
_BREAK_GLASS = "UPDATE account SET break_glass = true WHERE person = $1"


def people(args: argparse.Namespace) -> int:
    """Accounts by command: list, enrol, set-password, unlock, break-glass, add-device, reseal. Each act is an entry."""
    settings = Settings.from_environment()
    with database_url(settings) as url:
        for line in asyncio.run(_work(url, settings, args)):
            print(line)
    return 0


async def _work(url: str, settings: Settings, args: argparse.Namespace) -> list[str]:
    async with opened(url) as database:
        if args.what == "list":
            return await _listed(database, every=args.all)
        return await _ACTS[args.what](database, settings, args)


async def _listed(database: Database, *, every: bool) -> list[str]:
    async with database.read() as session:
        rows = await (await driver(session)).fetch(_ACCOUNTS, every)
    return [
        f"{row['code']}  {row['role']:<15} password {'yes' if row['has_password'] else 'no ':<3}  passkeys {row['passkeys']}"
        f"  failures {row['failures']}{'  DISABLED' if row['is_disabled'] else ''}"
        f"{'  BREAK-GLASS' if row['break_glass'] else ''}  {row['name']}"
        for row in rows
    ]


async def _enrol(database: Database, settings: Settings, args: argparse.Namespace) -> list[str]:
    from logistics.work import credentials

    async with database.begin() as session:
        once = await credentials.issue_by_operator(session, args.person, settings.clock()())
    return [f"One-time code of {args.person}: {once}", "Good once, for 24 hours, at /enrol."]


async def _set_password(database: Database, settings: Settings, args: argparse.Namespace) -> list[str]:
    from logistics.rules import passwords
    from logistics.work import credentials

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    credentials.require_good(password, args.person, settings.breached_passwords)
    secret = passwords.new_secret()
    async with database.begin() as session:
        await credentials.put_by_operator(
            session,
            Sealer.kept(settings.data_dir),
            args.person,
            passwords.hashed(password),
            secret,
            settings.clock()(),
        )
    return [f"Authenticator of {args.person}: {secret}", credentials.address(args.person, secret)]


async def _unlock(database: Database, settings: Settings, args: argparse.Namespace) -> list[str]:
    from logistics.work import credentials

    async with database.begin() as session:
        await credentials.unlock_by_operator(session, args.person, settings.clock()())
    return [f"{args.person} may try again."]


async def _break_glass(database: Database, settings: Settings, args: argparse.Namespace) -> list[str]:
    """Credentials for two envelopes; every use is an entry of its own, an alarm, and on the closing sheet."""
    from logistics.rules import passwords, tokens
    from logistics.work import credentials

    password, secret = tokens.new_code(), passwords.new_secret()
    async with database.begin() as session:
        await credentials.put_by_operator(
            session,
            Sealer.kept(settings.data_dir),
            args.person,
            passwords.hashed(password),
            secret,
            settings.clock()(),
        )
        await (await driver(session)).execute(_BREAK_GLASS, args.person)
    return [f"Envelope 1, password: {password}", f"Envelope 2, authenticator: {secret}"]


async def _add_device(database: Database, settings: Settings, args: argparse.Namespace) -> list[str]:
    from logistics.work import devices, people

    if args.place is None:
        raise InvalidValue("--place", "is needed")
    async with database.begin() as session:
        actor = await people.actor(session, args.person)
        code, once = await devices.add(session, actor, args.name, args.place, args.area, settings.clock()())
    return [f"Device {code}: {once}", "Good once, for 24 hours, at /devices/enrol on the device."]


async def _reseal(database: Database, settings: Settings, args: argparse.Namespace) -> list[str]:
    """Another key for what is sealed; the service may go on meanwhile, and finds it."""
    from logistics.work import credentials

    async with database.begin() as session:
        sealer = Sealer.succeeding(settings.data_dir)
        accounts, waiting = await credentials.reseal(session, sealer, args.person, settings.clock()())
    Sealer.succeed(settings.data_dir)
    return [
        f"{accounts} accounts and {waiting} waiting exports are sealed with another key; the one before is gone."
    ]


_ACTS = {
    "enrol": _enrol,
    "set-password": _set_password,
    "unlock": _unlock,
    "break-glass": _break_glass,
    "add-device": _add_device,
    "reseal": _reseal,
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    listing = commands.add_parser("list", help="accounts and how they stand")
    listing.add_argument("--all", action="store_true", help="also people who have no account yet")
    for name, does in (
        ("enrol", "a one-time code with which the person sets password and authenticator"),
        ("set-password", "password from the terminal or standard input, and a new authenticator"),
        ("unlock", "end the row of failures that locked the person"),
        ("break-glass", "an account for emergencies; password and authenticator for two envelopes"),
        ("add-device", "a one-time code for a device; PERSON, a manager, answers for it"),
        (
            "reseal",
            "another key for authenticators' secrets and exports' passwords; PERSON answers for it",
        ),
    ):
        added = commands.add_parser(name, help=does)
        added.add_argument("person", metavar="PERSON", help="code of the person")
        if name == "add-device":
            added.add_argument("--place", required=True, help="code of the place")
            added.add_argument("--area", default="執務室", help="area within the place")
            added.add_argument("--name", default="端末", help="what the device is called")


COMMANDS = (Command("people", people, _arguments),)
