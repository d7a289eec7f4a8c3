"""The ways out: mail by SMTP, and a webhook signed as Standard Webhooks has it. Both are off until the operator sets them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import anyio.to_thread
import httpx
import msgspec

from logistics.ledger.log import timestamp
from logistics.outward import MailSettings, WebhookSettings
from logistics.settings import Settings
from logistics.work.sending import Channel, NotDelivered

# Seconds for each word of the other side.
PATIENCE = 20.0
# Of TLS 1.2; those of 1.3 are all of this kind.
SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"


def tls() -> ssl.SSLContext:
    """How we speak to others: their certificate is checked, TLS 1.2 or 1.3, suites that keep what was said secret for ever."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES)
    return context


def channels(settings: Settings) -> list[Channel]:
    """Those that are set up."""
    found: list[Channel] = []
    if settings.mail:
        found.append(Mail(settings.mail))
    if settings.webhook:
        found.append(Webhook(settings.webhook))
    return found


class Mail:
    """One mail to each recipient, who sees no other. The Message-ID is the message's: a repeated try is the same mail."""

    name = "mail"

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self.recipients: Sequence[str] = settings.to

    async def send(self, message: Mapping[str, Any], recipient: str) -> str:
        """Hand the mail to the server; NotDelivered if it does not take it, or not over TLS where that is wanted."""
        mail = self._written(message, recipient)
        return await anyio.to_thread.run_sync(self._hand_over, mail, recipient, abandon_on_cancel=True)

    def _written(self, message: Mapping[str, Any], recipient: str) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message["subject"]
        mail["From"] = self._settings.sender
        mail["To"] = recipient
        mail["Date"] = format_datetime(message["created_at"])
        mail["Message-ID"] = f"<{message['uuid']}@{self._settings.sender.rpartition('@')[2]}>"
        # Nobody's holiday reply belongs here.
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message["body"])
        return mail

    def _hand_over(self, mail: EmailMessage, recipient: str) -> str:
        given = self._settings
        try:
            with self._connected() as server:
                if given.tls == "starttls":
                    server.starttls(context=tls())
                if given.user and given.password:
                    server.login(given.user, given.password)
                server.send_message(mail, given.sender, [recipient])
                return f"{given.host}:{given.port}"
        except smtplib.SMTPResponseException as refusal:
            raise NotDelivered(f"{refusal.smtp_code} {_text(refusal.smtp_error)}") from None
        except smtplib.SMTPRecipientsRefused as refusal:
            code, said = refusal.recipients[recipient]
            raise NotDelivered(f"{code} {_text(said)}") from None
        except smtplib.SMTPException as fault:
            raise NotDelivered(f"{type(fault).__name__}: {fault}") from None

    def _connected(self) -> smtplib.SMTP:
        given = self._settings
        if given.tls == "tls":
            return smtplib.SMTP_SSL(given.host, given.port, timeout=PATIENCE, context=tls())
        return smtplib.SMTP(given.host, given.port, timeout=PATIENCE)


class Webhook:
    """POSTs what happened as JSON, signed with HMAC-SHA-256 over id, time and body (standardwebhooks.com, `v1`)."""

    name = "webhook"

    def __init__(
        self, settings: WebhookSettings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._settings = settings
        # The other side compares the time with its own: a demonstration's clock would be refused there.
        self._clock = clock
        self.recipients: Sequence[str] = [settings.url]

    async def send(self, message: Mapping[str, Any], recipient: str) -> str:
        """NotDelivered for any answer but 2xx; nobody is followed elsewhere."""
        body = msgspec.json.encode(
            {
                "type": message["event"],
                "timestamp": timestamp(message["created_at"]),
                "data": {name: message[name] for name in ("about", "subject", "body")},
            }
        )
        headers = {"Content-Type": "application/json", **self._signed(str(message["uuid"]), body)}
        try:
            async with httpx.AsyncClient(verify=tls(), timeout=PATIENCE, trust_env=False) as client:
                answer = await client.post(recipient, content=body, headers=headers)
        except httpx.HTTPError as fault:
            raise NotDelivered(f"{type(fault).__name__}: {fault}") from None
        said = f"{answer.status_code} {HTTPStatus(answer.status_code).phrase}"
        if not answer.is_success:
            raise NotDelivered(said)
        return said

    def _signed(self, message: str, body: bytes) -> dict[str, str]:
        time = str(int(self._clock().timestamp()))
        signed = b".".join((message.encode(), time.encode(), body))
        code = hmac.new(self._settings.key, signed, hashlib.sha256).digest()
        return {
            "webhook-id": message,
            "webhook-timestamp": time,
            "webhook-signature": f"v1,{base64.b64encode(code).decode()}",
        }


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
