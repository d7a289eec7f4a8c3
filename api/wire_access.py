"""What crosses HTTP about sign-in, sessions and devices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from api.wire import _LINE, Input, Output, PersonCode, PlaceCode
from logistics.rules.passwords import CODE_PATTERN, MOST_CHARACTERS

DeviceCode = Annotated[
    str,
    Meta(pattern=r"^E[0-9A-Z]{3,11}$", description="Code of a device", examples=["E7Q2M4ZK9Y"]),
]
Password = Annotated[
    str,
    Meta(
        min_length=1, max_length=MOST_CHARACTERS, description="Password", examples=["correct horse battery"]
    ),
]
Code = Annotated[
    str, Meta(pattern=CODE_PATTERN, description="Six digits of the authenticator", examples=["492039"])
]
OneTimeCode = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z -]{30,40}$",
        description="One-time code, as it was handed over",
        examples=["QWERT-YHJKZ-XCVBN-MASDF-GHJKQ-WERTY"],
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=_LINE, examples=["窓口 1 号機"])]


class SignIn(Input, frozen=True, kw_only=True):
    """Who one is, and both proofs of it."""

    person: PersonCode
    password: Password
    code: Code


class Unlock(Input, frozen=True, kw_only=True):
    """The password alone: the session is still its person's, on its own device."""

    password: Password


class StepUp(Input, frozen=True, kw_only=True):
    """Both proofs again, before something important."""

    password: Password
    code: Code


class NewPassword(Input, frozen=True, kw_only=True):
    """The present password and code, and the password that is to be used from now on (12 to 128 characters)."""

    current: Password
    code: Code
    password: Password


class Session(Output, frozen=True, kw_only=True):
    """Whose session it is, and the token that goes with whatever it changes. `replaced`: another one ended."""

    person: str
    name: str
    role: str
    place: str | None
    device: str | None
    csrf: str
    confirmed_at: datetime | None
    expires_at: datetime
    replaced: bool = False


class NewDevice(Input, frozen=True, kw_only=True):
    """A station or handheld that is to be let in, and where it stands."""

    name: Name
    place: PlaceCode
    area: Name


class DeviceCodeIssued(Output, frozen=True, kw_only=True):
    """The registered device, and the code that lets it in once, within a day. It is shown only here."""

    device: str
    one_time_code: str


class DeviceEnrolment(Input, frozen=True, kw_only=True):
    """The one-time code, typed in at the device itself."""

    one_time_code: OneTimeCode


class DeviceEnrolled(Output, frozen=True, kw_only=True):
    """The device as it is registered. A browser keeps its secret as a cookie; nothing else is told it."""

    device: str
    name: str
    place: str
    area: str


class DeviceListed(Output, frozen=True, kw_only=True):
    """A device and how it stands: enrolled, waiting for its code, or revoked."""

    code: str
    name: str
    place: str
    area: str
    created_at: datetime
    created_by: str
    enrolled_at: datetime | None
    revoked_at: datetime | None
