"""Who may do what, and where: one table of acts. What is not in it, nobody may do.

A site is a ward counter or the Center. Whether the object at hand belongs to the caller's own site is decided
by the work modules, which hold the object's row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from logistics.rules.errors import NotAllowed


class Role(StrEnum):
    """The contract's roles (body 6 and 10(2)); the comment is what the screen says."""

    MANAGER = "manager"  # 統括管理者・管理者
    LEADER = "leader"  # 拠点別責任者
    WORKER = "worker"  # 業務従事者
    CITY = "city"  # 本市職員
    COURIER = "courier"  # 配送業者
    AUDITOR = "auditor"  # 監査


class Where(StrEnum):
    """On whose ground the person works."""

    ANNEX = "annex"
    SITE = "site"
    COURIER = "courier"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts, as registered, and the device in use. `place` is None for courier crew."""

    code: str
    name: str
    role: Role
    where: Where
    place: str | None
    courier: str | None
    device: str | None = None

    def on(self, device: str | None) -> Actor:
        """The same person on a device."""
        return replace(self, device=device)


_STAFF = frozenset({Role.MANAGER, Role.LEADER, Role.WORKER})
_LEADERS = frozenset({Role.MANAGER, Role.LEADER})
_ANNEX, _SITE = frozenset({Where.ANNEX}), frozenset({Where.SITE})
_HELD_BY_US = _ANNEX | _SITE

MAY: dict[str, tuple[frozenset[Role], frozenset[Where]]] = {
    "import_arrival": (_STAFF, _ANNEX),
    "check_in": (_STAFF, _ANNEX),
    "close_box": (_STAFF, _ANNEX),
    "set_up": (_STAFF, _ANNEX),
    "post_notice": (_STAFF, _ANNEX),
    "plan_run": (_STAFF, _ANNEX),
    "pack": (_STAFF, _ANNEX),
    "seal": (_STAFF, _ANNEX),
    "unseal": (_LEADERS, _ANNEX),
    "load": (_STAFF, _ANNEX),
    "dispatch": (_STAFF, _ANNEX),
    "take_over": (frozenset({Role.COURIER}), frozenset({Where.COURIER})),
    "receive": (_STAFF, _SITE),
    "close_receipt": (_STAFF, _SITE),
    "put_away": (_STAFF, _HELD_BY_US),
    "resolve": (_LEADERS, _HELD_BY_US),
    "close_day": (_STAFF, _ANNEX),
    "print": (_STAFF | {Role.CITY, Role.AUDITOR}, _HELD_BY_US),
    "resume_signing": (frozenset({Role.AUDITOR}), _HELD_BY_US),
    "export": (frozenset({Role.MANAGER, Role.AUDITOR}), _HELD_BY_US),
    "ask": (frozenset({Role.MANAGER, Role.CITY, Role.AUDITOR}), _HELD_BY_US),
}


def may(actor: Actor, act: str) -> bool:
    """Whether the table lets `actor` do `act` at all."""
    roles, places = MAY[act]
    return actor.role in roles and actor.where in places


def require(actor: Actor, act: str) -> None:
    """Return if `actor` may do `act`; NotAllowed otherwise."""
    if not may(actor, act):
        raise NotAllowed(act, actor.role)
