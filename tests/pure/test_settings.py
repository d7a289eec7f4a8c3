"""What the operator may set, and what is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from logistics.settings import Clock, Settings
from logistics.variables import SettingRefused, is_loopback

SECRET = "hunter2hunter2"


def test_nothing_needs_to_be_set() -> None:
    assert Settings.from_environment({}) == Settings(data_dir=Path("data").absolute())


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"PORT": "", "DATABASE_URL": " "}) == Settings.from_environment({})


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@127.0.0.1:5432/cards", "postgresql+asyncpg://u:p@127.0.0.1:5432/cards"),
        ("postgresql://u@localhost/cards", "postgresql+asyncpg://u@localhost/cards"),
        ("postgresql+asyncpg://u@[::1]/cards", "postgresql+asyncpg://u@[::1]/cards"),
        ("postgresql://u@db/cards?sslmode=verify-full", "postgresql+asyncpg://u@db/cards?ssl=verify-full"),
        ("postgresql://u@/cards?host=%2Frun%2Fpg", "postgresql+asyncpg://u@/cards?host=%2Frun%2Fpg"),
    ],
)
def test_every_usual_spelling_of_an_address_is_understood(given: str, used: str) -> None:
    assert Settings.from_environment({"DATABASE_URL": given}).database_url == used


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "８０００"),
        ("DATABASE_POOL", "-1"),
        ("LOG_LEVEL", "loud"),
        ("LOGISTICS_CLOCK", "yesterday"),
        ("LOGISTICS_CLOCK", "2026-04-01T08:00"),
        ("DATABASE_URL", "mysql://u@db/cards"),
        ("DATABASE_URL", "postgresql://u@db:port/cards"),
        ("DATABASE_URL", "postgresql://u@db"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingRefused, match=rf"^{variable}: ") as refusal:
        Settings.from_environment({variable: value})

    assert refusal.value.variable == variable


@pytest.mark.parametrize("variable", ["DATABASE_URL", "DATABASE_OWNER_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u@db/cards",
        "postgresql://u@db/cards?sslmode=require",
        "postgresql://u@192.168.1.5/cards?sslmode=verify-ca",
        "postgresql://u@/cards?host=db",
        "postgresql://u@db/cards?sslmode=verify-full&sslmode=disable",
        f"postgresql://u:{SECRET}@db/cards?sslmode=verify-full",
        f"postgresql://u@db/cards?sslmode=verify-full&password={SECRET}",
    ],
)
def test_a_database_elsewhere_is_known_by_its_certificate_and_knows_us_by_ours(
    variable: str, address: str
) -> None:
    with pytest.raises(SettingRefused, match=rf"^{variable}: ") as refusal:
        Settings.from_environment({variable: address})

    assert SECRET not in str(refusal.value)


def test_secrets_come_from_the_service_managers_store_as_well(tmp_path: Path) -> None:
    (tmp_path / "SMTP_PASSWORD").write_text(f"{SECRET}\n", encoding="utf-8")
    (tmp_path / "PORT").write_text("1", encoding="utf-8")
    mail = {**MAIL, "SMTP_USER": "u", "CREDENTIALS_DIRECTORY": str(tmp_path)}

    settings = Settings.from_environment(mail)
    (tmp_path / "WEBHOOK_SECRET").write_bytes(b"\xff")

    assert settings.mail is not None
    assert settings.mail.password == SECRET
    assert settings.port == Settings().port, "what is no secret is a variable"
    with pytest.raises(SettingRefused, match=r"^WEBHOOK_SECRET: "):
        Settings.from_environment(mail)


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(SettingRefused) as refusal:
        Settings.from_environment({"DATABASE_URL": f"mysql://u:{SECRET}@db:x/cards"})

    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_the_service_may_bind_to_loopback(host: str) -> None:
    Settings.from_environment({"HOST": host}).require_loopback()


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 - refused
        "::",
        "192.168.1.5",
        "10.0.0.1",
        "example.org",
        "localhost.example.org",
        "0",
        "127.1",
    ],
)
def test_the_service_refuses_to_bind_to_anything_else(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(SettingRefused, match="without TLS"):
        Settings.from_environment({"HOST": host}).require_loopback()


@pytest.mark.parametrize("origin", ["https://cards.city.example", "https://cards.city.example:8443"])
def test_a_proxy_s_address_is_taken_as_it_stands(origin: str) -> None:
    assert Settings.from_environment({"ORIGIN": origin}).origin == origin


@pytest.mark.parametrize(
    "origin",
    [
        "http://cards.city.example",
        "https://",
        "https://a.example/",
        "https://u@a.example",
        "cards",
        "https://a:b",
    ],
)
def test_an_origin_without_tls_or_with_more_than_a_host_is_refused(origin: str) -> None:
    with pytest.raises(SettingRefused, match="ORIGIN"):
        Settings.from_environment({"ORIGIN": origin})


def test_a_false_clock_is_refused_where_others_can_connect() -> None:
    with pytest.raises(SettingRefused, match="LOGISTICS_CLOCK"):
        Settings.from_environment({"HOST": "192.168.1.5", "LOGISTICS_CLOCK": "2026-04-01T08:00+09:00"})


def test_the_clock_starts_where_it_was_set_and_ticks_on() -> None:
    settings = Settings.from_environment({"LOGISTICS_CLOCK": "2026-04-01T08:00+09:00"})
    start = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)

    clock = settings.clock()
    first, second = clock(), clock()

    assert start <= first < second < start + timedelta(seconds=5)
    assert first.tzinfo is UTC


def test_the_usual_clock_is_the_machines() -> None:
    before = datetime.now(UTC)

    assert before <= Clock.system()() <= datetime.now(UTC)
    assert Settings().clock() == Clock.system()


MAIL = {"SMTP_HOST": "mail.example", "MAIL_FROM": "a@b.example", "MAIL_TO": "c@d.example, e@f.example"}
WEBHOOK = {"WEBHOOK_URL": "https://city.example/hook", "WEBHOOK_SECRET": "whsec_" + "A" * 32}


def test_mail_and_webhook_are_set_together_with_what_they_need() -> None:
    settings = Settings.from_environment({**MAIL, **WEBHOOK, "SMTP_USER": "u", "SMTP_PASSWORD": SECRET})

    assert settings.mail is not None
    assert (settings.mail.port, settings.mail.tls, settings.mail.to) == (
        587,
        "starttls",
        ("c@d.example", "e@f.example"),
    )
    assert settings.webhook is not None
    assert settings.webhook.key == bytes(24)
    assert SECRET not in repr(settings)
    assert str(settings.webhook.key) not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "given"),
    [
        ("MAIL_FROM", MAIL | {"MAIL_FROM": ""}),
        ("MAIL_TO", MAIL | {"MAIL_TO": "c@d.example, e"}),
        ("MAIL_TO", MAIL | {"MAIL_TO": "c@d.example\nBcc: x@y.example"}),
        ("SMTP_TLS", MAIL | {"SMTP_TLS": "none"}),
        ("SMTP_PASSWORD", MAIL | {"SMTP_USER": "u"}),
        ("SMTP_PORT", MAIL | {"SMTP_PORT": "x"}),
        ("WEBHOOK_URL", WEBHOOK | {"WEBHOOK_URL": "http://city.example/hook"}),
        ("WEBHOOK_SECRET", WEBHOOK | {"WEBHOOK_SECRET": SECRET}),
        ("WEBHOOK_SECRET", WEBHOOK | {"WEBHOOK_SECRET": "whsec_AAAA"}),
    ],
)
def test_what_would_tell_nobody_or_in_clear_is_refused(variable: str, given: dict[str, str]) -> None:
    with pytest.raises(SettingRefused, match=variable) as refusal:
        Settings.from_environment(given)

    assert SECRET not in str(refusal.value)
