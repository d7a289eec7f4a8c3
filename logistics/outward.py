"""What the operator sets so that mail and webhooks leave: servers, addresses, keys. Without it nothing leaves."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from logistics.variables import SettingRefused, is_loopback, number

SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}
WEBHOOK_KEY_BYTES = range(24, 65)
SYSLOG_PORT = 6514  # RFC 5425


@dataclass(frozen=True)
class MailSettings:
    """The server that takes our mail, how it is spoken to, and who gets what is told (MAIL_TO)."""

    host: str
    port: int
    tls: str
    sender: str
    to: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class WebhookSettings:
    """Where what happens is posted to, and the key it is signed with."""

    url: str
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class LogSettings:
    """The machine that gathers logs, which speaks syslog over TLS."""

    host: str
    port: int


def gathered(given: Mapping[str, str]) -> LogSettings | None:
    """Where lines of the log are carried to; None without LOG_TO. Nothing is carried in clear."""
    text = given.get("LOG_TO")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or SYSLOG_PORT
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    if not host or text not in (f"tls://{host}", f"tls://{host}:{port}"):
        raise SettingRefused("LOG_TO", f"{text!r} is not of the form tls://host or tls://host:port.")
    return LogSettings(host, port)


def mail(given: Mapping[str, str]) -> MailSettings | None:
    """How mail goes out; None without SMTP_HOST. Words are not sent in clear to other machines."""
    host = given.get("SMTP_HOST")
    if host is None:
        return None
    tls = given.get("SMTP_TLS", "starttls")
    if tls not in SMTP_PORTS or (tls == "none" and not is_loopback(host)):
        raise SettingRefused("SMTP_TLS", "it is starttls, tls, or on this machine none.")
    if ("SMTP_USER" in given) != ("SMTP_PASSWORD" in given):
        missing = "SMTP_USER" if "SMTP_USER" not in given else "SMTP_PASSWORD"
        raise SettingRefused(missing, "user and password are set together, or neither is.")
    (sender,) = _addresses(given, "MAIL_FROM")[:1]
    return MailSettings(
        host,
        number(given, "SMTP_PORT", SMTP_PORTS[tls], 1, 65535),
        tls,
        sender,
        _addresses(given, "MAIL_TO"),
        given.get("SMTP_USER"),
        given.get("SMTP_PASSWORD"),
    )


def _addresses(given: Mapping[str, str], variable: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in given.get(variable, "").split(","))
    if bad := [one for one in found if not re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)*", one, re.ASCII)]:
        raise SettingRefused(variable, f"{bad[0]!r} is not a mail address; several are joined by commas.")
    return found


def webhook(given: Mapping[str, str]) -> WebhookSettings | None:
    """Where and how what happens is posted; None without WEBHOOK_URL. No message quotes the secret."""
    url = given.get("WEBHOOK_URL")
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise SettingRefused("WEBHOOK_URL", "it is not an address.") from None
    if (
        not host
        or parts.scheme not in ("https", "http")
        or (parts.scheme == "http" and not is_loopback(host))
    ):
        raise SettingRefused("WEBHOOK_URL", "it must begin with https://; http:// only on this machine.")
    try:
        prefix, _, rest = given.get("WEBHOOK_SECRET", "").partition("_")
        key = base64.b64decode(rest, validate=True) if prefix == "whsec" else b""
    except binascii.Error:
        key = b""
    if len(key) not in WEBHOOK_KEY_BYTES:
        raise SettingRefused("WEBHOOK_SECRET", "it must be whsec_ and 24 to 64 bytes in Base64.")
    return WebhookSettings(url, key)
