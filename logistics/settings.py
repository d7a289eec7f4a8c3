"""What the operator decides, read once from the environment; and the service's clock.

A value that cannot be used is refused here, naming its variable, before anything is started.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from logistics.outward import LogSettings, MailSettings, WebhookSettings, gathered, mail, webhook
from logistics.variables import SettingRefused, is_loopback, number, with_secrets

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SIGNER_DIRECTORY = "signer"  # under DATA_DIR
# More processes help while there are cores that the database leaves free.
MOST_DEFAULT_WORKERS = 2
# Set by the service for its own processes, which all show one clock: seconds ahead of the machine's.
CLOCK_AHEAD = "LOGISTICS_CLOCK_AHEAD"
SCHEMES = ("postgres", "postgresql", "postgresql+asyncpg")


@dataclass(frozen=True)
class Settings:
    """`database_url` is None where the embedded server is to be used; `clock_starts_at` None for the real time.

    `database_owner_url` is for migrating, by the owner of the tables; the service connects as another role, to
    which the log is append-only by right and not only by trigger. `pdf_certificate` and `pdf_key` are the city's
    own files for signing papers; without them a development certificate is made. `origin` is how browsers reach us
    through a proxy on this machine that ends TLS; no X-Forwarded header is ever believed. `workers` is the number of
    processes that answer requests, `pool_size` the connections to the database that each may have;
    `requests_per_second` is what one person may ask of all of them. Without `mail` or `webhook` nothing leaves that way.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str | None = None
    database_owner_url: str | None = None
    data_dir: Path = Path("data")
    clock_starts_at: datetime | None = None
    clock_ahead: timedelta | None = None
    workers: int = field(default_factory=lambda: min(MOST_DEFAULT_WORKERS, os.cpu_count() or 1))
    log_level: str = "INFO"
    pool_size: int = 20
    requests_per_second: int = 200
    pdf_certificate: Path | None = None
    pdf_key: Path | None = None
    origin: str | None = None
    mail: MailSettings | None = None
    webhook: WebhookSettings | None = None
    log_to: LogSettings | None = None
    breached_passwords: Path | None = None
    code_drift: int = 1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The settings; SettingRefused, naming the variable, for a bad value. Empty means not set."""
        given = with_secrets(os.environ if environment is None else environment)
        host = given.get("HOST", cls.host)
        pdf_certificate, pdf_key = _pdf_files(given)
        return cls(
            host=host,
            port=number(given, "PORT", cls.port, 1, 65535),
            database_url=_database_url(given, "DATABASE_URL"),
            database_owner_url=_database_url(given, "DATABASE_OWNER_URL"),
            data_dir=Path(given.get("DATA_DIR", "data")).expanduser().absolute(),
            clock_starts_at=_clock_start(given, host),
            clock_ahead=timedelta(seconds=float(given[CLOCK_AHEAD])) if CLOCK_AHEAD in given else None,
            workers=number(given, "WORKERS", cls().workers, 1, 64),
            log_level=_log_level(given),
            pool_size=number(given, "DATABASE_POOL", cls.pool_size, 1, 1000),
            requests_per_second=number(given, "REQUESTS_PER_SECOND", cls.requests_per_second, 25, 1_000_000),
            pdf_certificate=pdf_certificate,
            pdf_key=pdf_key,
            origin=_origin(given),
            mail=mail(given),
            webhook=webhook(given),
            log_to=gathered(given),
            breached_passwords=_file(given, "BREACHED_PASSWORDS"),
            code_drift=number(given, "CODE_DRIFT", cls.code_drift, 0, 1),
        )

    def require_loopback(self) -> None:
        """SettingRefused unless only this machine can connect.

        We speak plain HTTP: whoever is between could read passwords and sessions. A proxy on this machine ends TLS.
        """
        if not is_loopback(self.host):
            raise SettingRefused(
                "HOST",
                f"{self.host!r} can be reached from other machines without TLS. Use 127.0.0.1, ::1 or localhost,"
                " let a proxy on this machine end TLS, and set ORIGIN to its address.",
            )

    @property
    def signer_directory(self) -> Path:
        """The keys, and what was signed last: outside the database, so that they cannot be put back with it."""
        return self.data_dir / SIGNER_DIRECTORY

    def clock(self) -> Clock:
        """The clock the service works by."""
        if self.clock_ahead is not None:
            return Clock(self.clock_ahead)
        return Clock.system() if self.clock_starts_at is None else Clock.starting_at(self.clock_starts_at)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time, aware and in UTC: `clock()`."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @classmethod
    def system(cls) -> Self:
        """The machine's clock."""
        return cls()

    @classmethod
    def starting_at(cls, moment: datetime) -> Self:
        """A clock that shows `moment` (aware) now and ticks on from there."""
        return cls(moment - datetime.now(UTC))


def _origin(given: Mapping[str, str]) -> str | None:
    """Where browsers find us behind a proxy that ends TLS: https://name[:port], and nothing behind it."""
    text = given.get("ORIGIN")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        plain = f"https://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        plain = ""
    if text != plain or not urlsplit(text).hostname:
        raise SettingRefused("ORIGIN", f"{text!r} is not of the form https://name or https://name:port.")
    return text


def _pdf_files(given: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    """The certificate and the key that sign papers: both, readable, or neither."""
    files: list[Path | None] = []
    for variable in ("PDF_CERTIFICATE", "PDF_KEY"):
        files.append(_file(given, variable))
    certificate, key = files
    if (certificate is None) != (key is None):
        missing = "PDF_CERTIFICATE" if certificate is None else "PDF_KEY"
        raise SettingRefused(missing, "certificate and key are set together, or neither is.")
    return certificate, key


def _file(given: Mapping[str, str], variable: str) -> Path | None:
    """A file that the operator names; SettingRefused if it cannot be read."""
    path = Path(given[variable]).expanduser().absolute() if variable in given else None
    if path is not None and not (path.is_file() and os.access(path, os.R_OK)):
        raise SettingRefused(variable, "it names no file that can be read.")
    return path


def _log_level(given: Mapping[str, str]) -> str:
    level = given.get("LOG_LEVEL", "INFO").upper()
    if level not in LOG_LEVELS:
        raise SettingRefused("LOG_LEVEL", f"{level!r} is none of {', '.join(LOG_LEVELS)}.")
    return level


def _clock_start(given: Mapping[str, str], host: str) -> datetime | None:
    text = given.get("LOGISTICS_CLOCK")
    if text is None:
        return None
    if not is_loopback(host):
        raise SettingRefused(
            "LOGISTICS_CLOCK", "a false clock is for demonstrations, on a loopback HOST only."
        )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingRefused(
            "LOGISTICS_CLOCK", f"{text!r} is not a time such as 2026-04-01T08:00+09:00."
        ) from None
    if moment.tzinfo is None:
        raise SettingRefused("LOGISTICS_CLOCK", f"{text!r} lacks its offset, such as +09:00.")
    return moment.astimezone(UTC)


def _database_url(given: Mapping[str, str], variable: str) -> str | None:
    """The address for SQLAlchemy. No message quotes it: it may hold a password."""
    text = given.get(variable)
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as fault:
        raise SettingRefused(variable, f"it is not an address: {type(fault).__name__}.") from None
    if parts.scheme not in SCHEMES:
        raise SettingRefused(variable, f"it must begin with {' or '.join(f'{s}://' for s in SCHEMES)}.")
    if not parts.path.strip("/"):
        raise SettingRefused(variable, "it names no database: postgresql://user@host/DATABASE.")
    _require_safe_way(variable, parts)
    # The driver calls it `ssl`; every other tool calls it `sslmode`.
    query = "&".join(
        item.replace("sslmode=", "ssl=", 1) if item.startswith("sslmode=") else item
        for item in parts.query.split("&")
    )
    return urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, query, ""))


def _require_safe_way(variable: str, parts: SplitResult) -> None:
    """SettingRefused for a database on another machine that is not known by its certificate, or knows us by a password.

    On this machine, by socket or loopback, nobody is between.
    """
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", [""])[0]
    if not host or host.startswith("/") or is_loopback(host):
        return
    if query.get("sslmode", query.get("ssl")) != ["verify-full"]:
        raise SettingRefused(variable, "the database is on another machine: add ?sslmode=verify-full.")
    if parts.password is not None or "password" in query:
        raise SettingRefused(
            variable,
            "to a database on another machine the service shows a certificate (PGSSLCERT, PGSSLKEY), no password.",
        )
