"""Reading environment variables: what cannot be used is refused by name."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path

# What nobody else should read; and where systemd (LoadCredentialEncrypted=) or a container's runtime puts such things.
SECRETS = ("DATABASE_URL", "DATABASE_OWNER_URL", "SMTP_PASSWORD", "WEBHOOK_SECRET")
STORE = "CREDENTIALS_DIRECTORY"


class SettingRefused(ValueError):
    """An environment variable holds what the service cannot use."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable}: {reason}")
        self.variable = variable


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a socket bound to `host`: 127.0.0.0/8, ::1, localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def number(given: Mapping[str, str], variable: str, default: int, least: int, most: int) -> int:
    """The number a variable holds; SettingRefused."""
    text = given.get(variable, str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingRefused(variable, f"{text!r} is not a number from {least} to {most}.")
    return int(text)


def with_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are set, and the secrets that the service manager's store hands over as files instead.

    SettingRefused for a file that cannot be read.
    """
    given = {name: value for name, value in environment.items() if value.strip()}
    if STORE in given:
        for name in SECRETS:
            file = Path(given[STORE]) / name
            try:
                if name not in given and file.exists() and (text := file.read_text(encoding="utf-8").strip()):
                    given[name] = text
            except (OSError, UnicodeError):
                raise SettingRefused(name, f"its file in {STORE} cannot be read.") from None
    return given
