"""What is told to the outside: once to each, by real servers, whatever refuses, dies or is away meanwhile."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from logistics.channels import Mail, Webhook
from logistics.outward import MailSettings, WebhookSettings
from logistics.rules.calendar import JST
from logistics.rules.errors import MyNumberRefused
from logistics.store.database import Database
from logistics.work import mailing, sending
from tests.sql.gate_rows import rows
from tests.sql.mail_server import PASSWORD, USER, Box, Posts, certificate, mail_server, web_server

KEY = bytes(range(32))
START = datetime(2026, 4, 1, 9, tzinfo=JST)
CITY, CENTRE = "mynumber@city.example", "annex@contractor.example"


class Watch:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def mail_to(box: Box, *to: str, password: str = PASSWORD) -> Mail:
    return Mail(
        MailSettings("127.0.0.1", box.port, "starttls", "logistics@contractor.example", to, USER, password)
    )


def post_to(posts: Posts) -> Webhook:
    return Webhook(WebhookSettings(f"http://127.0.0.1:{posts.port}/hook", KEY), clock=lambda: START)


async def tell(database: Database, subject: str, *recipients: str, at: datetime = START) -> str:
    async with database.begin() as session:
        told = await mailing.tell(
            session,
            "incident.opened",
            "I08000001R",
            subject,
            "分室で事故の報告がありました。\n",
            at,
            recipients,
        )
    return str(told)


async def test_a_mail_reaches_each_recipient_once_though_many_processes_send(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    ids = [await tell(database, "事故の速報 一"), await tell(database, "事故の速報 二", CENTRE)]

    async with mail_server(files) as box:
        mail = mail_to(box, CITY)
        tried = await asyncio.gather(*(sending.send_due(database, mail, Watch()) for _ in range(5)))

    assert sorted(len(one) for one in tried)[-1] <= 3
    assert sorted(box.to) == sorted([CITY, CITY, CENTRE])
    got = sorted((str(m["Message-ID"]), str(m["Subject"]), str(m["To"])) for m in box.mails)
    assert got == sorted(
        [
            (f"<{ids[0]}@contractor.example>", "事故の速報 一", CITY),
            (f"<{ids[1]}@contractor.example>", "事故の速報 二", CITY),
            (f"<{ids[1]}@contractor.example>", "事故の速報 二", CENTRE),
        ]
    )
    assert {m.get_content().strip() for m in box.mails} == {"分室で事故の報告がありました。"}
    assert await rows(database, "SELECT count(*) FROM entry WHERE act = 'deliver_message'") == [(3,)]


async def test_what_a_server_does_not_take_is_tried_again_and_then_arrives_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, clock = certificate(tmp_path), Watch()
    await tell(database, "事故の速報")
    said = []

    async with mail_server(files) as box:
        box.refusals = ["451 Try later"]
        # First nobody vouches for the server, then the password is wrong, then it is busy.
        for mail, trusted in ((mail_to(box, CITY), False), (mail_to(box, CITY, password="x"), True)):
            monkeypatch.setenv("SSL_CERT_FILE", str(files[0]) if trusted else str(tmp_path / "none"))
            said += await sending.send_due(database, mail, clock)
            assert await sending.send_due(database, mail, clock) == [], "it is not tried again at once"
            clock.now += timedelta(minutes=2)
        for _ in range(3):
            said += await sending.send_due(database, mail_to(box, CITY), clock)
            clock.now += timedelta(hours=1)

    assert [(one.delivered, one.said[:3]) for one in said] == [
        (False, "[SS"),
        (False, "535"),
        (False, "451"),
        (True, "127"),
    ]
    assert box.to == [CITY]
    async with database.read() as session:
        (message,) = await mailing.messages(session, 0, 10)
    assert [(d["standing"], d["tries"]) for d in message["deliveries"]] == [("sent", 4)]


async def test_a_webhook_carries_a_signature_over_id_time_and_body(database: Database) -> None:
    clock, uuid = Watch(), await tell(database, "事故の速報")

    async with web_server() as posts:
        posts.refusals = ["302 Found\r\nLocation: http://127.0.0.1:1/", "500 Internal Server Error"]
        for _ in range(4):
            await sending.send_due(database, post_to(posts), clock)
            clock.now += timedelta(hours=1)

    assert len(posts.got) == 3, "nobody is followed elsewhere, and what arrived is not sent again"
    headers, body = posts.got[-1]
    signed = f"{uuid}.{headers['webhook-timestamp']}.".encode() + body
    code = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert (headers["webhook-id"], headers["webhook-signature"]) == (uuid, f"v1,{code}")
    assert msgspec.json.decode(body) == {
        "type": "incident.opened",
        "timestamp": "2026-04-01T00:00:00.000000Z",
        "data": {
            "about": "I08000001R",
            "subject": "事故の速報",
            "body": "分室で事故の報告がありました。\n",
        },
    }


async def test_what_a_killed_process_had_taken_up_is_sent_by_another_under_the_same_id(
    database: Database,
) -> None:
    clock, uuid = Watch(), await tell(database, "事故の速報")
    await tell(database, "古い知らせ", at=START - timedelta(days=40))
    answered, gone = [], asyncio.Event()

    class Killed(Webhook):
        async def send(self, message: object, recipient: str) -> str:
            answered.append(await super().send(message, recipient))  # type: ignore[arg-type]
            gone.set()
            await asyncio.Event().wait()
            return ""

    async with web_server() as posts:
        killed = Killed(WebhookSettings(f"http://127.0.0.1:{posts.port}/hook", KEY))
        process = asyncio.create_task(sending.send_due(database, killed, clock))
        await gone.wait()
        process.cancel()
        await asyncio.gather(process, return_exceptions=True)
        assert await sending.send_due(database, post_to(posts), clock) == []
        clock.now += sending.CLAIM
        done = await sending.send_due(database, post_to(posts), clock)

    assert [one.delivered for one in done] == [True]
    assert [headers["webhook-id"] for headers, _ in posts.got] == [uuid, uuid]


async def test_what_never_arrives_is_given_up_and_said_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_TRIES", 2)
    clock = Watch()
    await tell(database, "事故の速報")

    async with web_server() as posts:
        posts.refusals = ["503 Service Unavailable"] * 9
        for _ in range(4):
            await sending.send_due(database, post_to(posts), clock)
            clock.now += timedelta(hours=2)

    assert len(posts.got) == 2
    async with database.read() as session:
        (message,) = await mailing.messages(session, 0, 10, "I08000001R")
    (delivery,) = message["deliveries"]
    assert (delivery["standing"], delivery["said"]) == ("given_up", "503 Service Unavailable")
    assert await rows(database, "SELECT act FROM entry") == [("give_up_message",)]


async def test_no_my_number_is_told_to_anybody(database: Database) -> None:
    with pytest.raises(MyNumberRefused):
        await tell(database, "123456789018 のカード")

    assert await rows(database, "SELECT count(*) FROM message") == [(0,)]
