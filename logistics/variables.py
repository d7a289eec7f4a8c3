"""Reading environment variables: what cannot be used is refused by name."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping


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
