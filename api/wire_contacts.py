"""Emergency contacts, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from api.wire import Input, Output, Reason, Words
from logistics.work.contacts import Contact

Mail = Annotated[
    str, Meta(pattern=r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$", max_length=200, examples=["kyoto@city.example"])
]
Phone = Annotated[str, Meta(pattern=r"^[0-9+() -]{3,20}$", examples=["075-222-0000"])]


class ContactIn(Input, frozen=True, kw_only=True):
    """Somebody to call, in the order of the list; `notified` gets mails about incidents."""

    party: Words
    duty: Words
    name: Words
    phone: Phone
    hours: Words
    mail: Mail | None = None
    notified: bool = False

    def contact(self) -> Contact:
        """The contact as the domain knows it."""
        return Contact(self.party, self.duty, self.name, self.phone, self.hours, self.mail, self.notified)


class SetContacts(Input, frozen=True, kw_only=True):
    """The whole of the emergency contacts as they are from now on."""

    lines: Annotated[list[ContactIn], Meta(min_length=1, max_length=60)]
    reason: Reason


class ContactLine(Output, frozen=True, kw_only=True):
    """Somebody to call."""

    position: int
    party: str
    duty: str
    name: str
    phone: str
    hours: str
    mail: str | None
    notified: bool


class Contacts(Output, frozen=True, kw_only=True):
    """The emergency contacts in force: version, paper (P21), lines in order."""

    version: int
    reason: str
    document: str
    recorded_by: str
    recorded_at: datetime
    lines: list[ContactLine]


class ContactVersion(Output, frozen=True, kw_only=True):
    """A version of the emergency contacts."""

    version: int
    reason: str
    document: str
    recorded_by: str
    recorded_at: datetime
    lines: int
