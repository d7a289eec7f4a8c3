"""Who may do what, where, and over what: one table of acts. What is not in it, nobody may do.

A row reads `only(who, on whose ground, over what)`: the roles, whether they work at the annex, at a site or for the
courier, and what the caller's site must be to the thing at hand. Rows are joined with `|` where either is enough;
`.approved_by(who)` says that a second person must approve (see `work.approvals`). A new act is one line.

A domain function asks twice. `require(actor, act)` at its top refuses people whose task it is not (403). Once it has
read the thing, `require_over(actor, act, "slot", code, holder=row["place"])` answers for what is not theirs as for
what does not exist (404). A thing that the act makes is the caller's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from logistics.rules.errors import NotAllowed, NotFound


class Role(StrEnum):
    """The contract's roles (body 6 and 10(2), appendix 2 article 3); the comment is what the screen says."""

    OVERALL_MANAGER = "overall_manager"  # 統括管理者
    MANAGER = "manager"  # 管理者
    LEADER = "leader"  # 拠点別責任者
    WORKER = "worker"  # 業務従事者
    CITY = "city"  # 本市職員
    AUDITOR = "auditor"  # 監査
    PRIVACY_HEAD = "privacy_head"  # 個人情報総括管理者
    PRIVACY_MANAGER = "privacy_manager"  # 個人情報管理責任者
    SYSTEM = "system"  # システム管理
    COURIER = "courier"  # 配送業者
    SERVICE = "service"  # 自動処理: the service itself, where it makes a report on its day


class Where(StrEnum):
    """On whose ground the person works."""

    ANNEX = "annex"
    SITE = "site"
    COURIER = "courier"


class Relation(StrEnum):
    """What the caller's site, or the courier, is to the thing at hand."""

    HOLDER = "holder"  # it lies there, or is answered for there
    SENDER = "sender"  # it was sent from there
    RECEIVER = "receiver"  # it is on its way there, or meant for it
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts, as registered, and the registered device in use. `place` is None for courier crew.

    `session` is the sign-in under which the person acts, `confirmed_at` when it was last proved who that is; both
    are None for what is done with a machine's token and at the operator's command line.
    """

    code: str
    name: str
    role: Role
    where: Where
    place: str | None
    courier: str | None
    device: str | None = None
    session: UUID | None = None
    confirmed_at: datetime | None = None

    @property
    def home(self) -> str:
        """The site or the courier the person works for: a party of the custody log."""
        home = self.place or self.courier
        assert home is not None, "a person belongs to a place or to a courier"
        return home

    def on(self, device: str | None) -> Actor:
        """The same person on a device."""
        return replace(self, device=device)


@dataclass(frozen=True, slots=True)
class Line:
    """These roles, on these grounds, over things to which their site is one of these."""

    roles: frozenset[Role]
    grounds: frozenset[Where]
    over: frozenset[Relation]


@dataclass(frozen=True, slots=True)
class Row:
    """Who may do an act: anybody whom one of the lines fits. `approvers` are the second persons it needs."""

    lines: tuple[Line, ...]
    approvers: frozenset[Role] = frozenset()

    def __or__(self, other: Row) -> Row:
        return Row((*self.lines, *other.lines), self.approvers | other.approvers)

    def approved_by(self, approvers: frozenset[Role]) -> Row:
        """The same, with a second person of these roles who approves beforehand."""
        return Row(self.lines, approvers)


def only(who: frozenset[Role], ground: frozenset[Where], over: frozenset[Relation]) -> Row:
    """One line of a row."""
    return Row((Line(who, ground, over),))


MANAGERS = frozenset({Role.OVERALL_MANAGER, Role.MANAGER})
LEADERS = MANAGERS | {Role.LEADER}
STAFF = LEADERS | {Role.WORKER}
CITY = frozenset({Role.CITY})
AUDITOR = frozenset({Role.AUDITOR})
PRIVACY = frozenset({Role.PRIVACY_HEAD, Role.PRIVACY_MANAGER})
SYSTEM = frozenset({Role.SYSTEM})
CREW = frozenset({Role.COURIER})
SERVICE = frozenset({Role.SERVICE})
# They look at everything, whoever holds it.
OVERSIGHT = MANAGERS | PRIVACY | CITY | AUDITOR

# Whose papers are not the contractor's: no pledge and no training of theirs is kept here.
OF_THE_CITY = CITY | AUDITOR | frozenset({Role.SERVICE})
REGISTERED_ROLES = tuple(role.value for role in Role)
# Regular, full time, part time, temporary (派遣), of the city, none (the service itself): body 6(3), appendix 1 article 8.
EMPLOYMENTS = ("regular", "full_time", "part_time", "temporary", "city", "none")

ANNEX, SITE, ROAD = frozenset({Where.ANNEX}), frozenset({Where.SITE}), frozenset({Where.COURIER})
EITHER = ANNEX | SITE

HOLDER, SENDER = frozenset({Relation.HOLDER}), frozenset({Relation.SENDER})
RECEIVER = frozenset({Relation.RECEIVER})
OURS = HOLDER | SENDER | RECEIVER
ANY = OURS | {Relation.NONE}

ACTS: Mapping[str, Row] = {
    # What is looked at: a site sees its own and what is on its way to it.
    "see": only(STAFF, SITE, OURS)
    | only(STAFF, ANNEX, ANY)
    | only(OVERSIGHT, EITHER, ANY)
    | only(CREW, ROAD, OURS),
    "see_people": only(STAFF, SITE, OURS)
    | only(CREW, ROAD, OURS)
    | only(STAFF, ANNEX, ANY)
    | only(OVERSIGHT | SYSTEM, EITHER, ANY),
    "ask": only(OVERSIGHT, EITHER, ANY),
    "export": only(MANAGERS | AUDITOR, EITHER, ANY).approved_by(MANAGERS | PRIVACY | CITY),
    "print": only(STAFF, SITE, OURS)
    | only(STAFF, ANNEX, ANY)
    | only(OVERSIGHT, EITHER, ANY)
    | only(SERVICE, ANNEX, ANY),
    "resume_signing": only(AUDITOR, EITHER, ANY),
    # Arrivals and packing, at the annex.
    "import_arrival": only(STAFF, ANNEX, HOLDER),
    "check_in": only(STAFF, ANNEX, HOLDER),
    "close_box": only(STAFF, ANNEX, HOLDER),
    "set_up": only(STAFF, ANNEX, HOLDER),
    "post_notice": only(STAFF, ANNEX, HOLDER),
    "pack": only(STAFF, ANNEX, SENDER),
    "seal": only(STAFF, EITHER, SENDER),
    "unseal": only(LEADERS, EITHER, SENDER).approved_by(LEADERS | CITY),
    # The way.
    "plan_run": only(STAFF, ANNEX, SENDER),
    "load": only(STAFF, EITHER, SENDER),
    "dispatch": only(STAFF, EITHER, SENDER),
    "recall": only(LEADERS, EITHER, SENDER),
    "take_over": only(CREW, ROAD, RECEIVER),
    "receive": only(STAFF, EITHER, RECEIVER),
    "close_receipt": only(STAFF, EITHER, RECEIVER),
    "enter_manually": only(STAFF, EITHER, OURS).approved_by(LEADERS | CITY),  # a number typed, not scanned
    "pack_return": only(STAFF, SITE, HOLDER),
    # The vault.
    "put_away": only(STAFF, EITHER, HOLDER),
    "rearrange": only(STAFF, EITHER, HOLDER),
    "end_differing": only(LEADERS, EITHER, HOLDER),
    "give_key": only(LEADERS, EITHER, HOLDER),
    "import_accesses": only(STAFF, EITHER, HOLDER),
    "set_limit": only(MANAGERS, EITHER, ANY),
    "open_vault": only(STAFF, EITHER, HOLDER),
    "close_vault": only(STAFF, EITHER, HOLDER),
    "take_out": only(STAFF, EITHER, HOLDER),
    "put_back": only(STAFF, EITHER, HOLDER),
    "put_back_for_others": only(LEADERS, EITHER, HOLDER),
    "undo": only(STAFF, EITHER, HOLDER),
    # The counter.
    "pick_list": only(STAFF, SITE, HOLDER),
    "allow_hand": only(LEADERS, EITHER, HOLDER),
    "register_notice": only(STAFF, EITHER, HOLDER),
    "undo_issue": only(LEADERS, SITE, HOLDER),
    "issue": only(STAFF | CITY, SITE, HOLDER),
    "hand_to_city": only(STAFF, SITE, HOLDER),
    "take_from_city": only(STAFF, SITE, HOLDER),
    "collect": only(STAFF, EITHER, HOLDER),
    "take_custody": only(STAFF, SITE, HOLDER),  # 預り
    "end_custody": only(STAFF, SITE, HOLDER),
    # Counts, the day, what is missing.
    "open_count": only(STAFF, EITHER, HOLDER),
    "count": only(STAFF, EITHER, HOLDER),
    "recount": only(STAFF, EITHER, HOLDER),
    "close_count": only(LEADERS, EITHER, HOLDER),
    "close_log": only(STAFF, ANNEX, HOLDER),
    "close_day": only(STAFF, ANNEX, HOLDER) | only(LEADERS, SITE, HOLDER),
    "close_day_anyway": only(LEADERS, EITHER, HOLDER),  # though something is open, with a reason
    "resolve": only(LEADERS, EITHER, HOLDER),
    "write_off": only(LEADERS, EITHER, HOLDER).approved_by(CITY),  # a difference ends without its card
    "report_missing": only(STAFF, EITHER, OURS),
    "search": only(STAFF, EITHER, OURS),
    "confirm_lost": only(LEADERS, EITHER, OURS).approved_by(CITY),
    # Retention and disposal (appendix 1 article 11): the contractor acts, the city decides.
    "set_retention": only(CITY, EITHER, ANY),
    "post_reminder": only(STAFF, ANNEX, ANY),
    "return_notice": only(STAFF, EITHER, ANY),
    "tell_clock": only(LEADERS | CITY, EITHER, ANY),
    "block": only(CITY, EITHER, ANY),
    "hold_disposal": only(LEADERS | CITY, EITHER, ANY),  # 廃棄留保
    "release_disposal": only(CITY, EITHER, ANY),
    "propose": only(LEADERS, ANNEX, HOLDER).approved_by(CITY),
    "withdraw": only(LEADERS | CITY, EITHER, HOLDER),
    "dispose": only(LEADERS, EITHER, HOLDER).approved_by(CITY),
    "approve_disposal": only(CITY, EITHER, ANY),
    "pick": only(STAFF, ANNEX, HOLDER),
    "destroy": only(STAFF, ANNEX, HOLDER),
    "witness": only(CITY, EITHER, ANY),
    "transfer": only(LEADERS, EITHER, HOLDER),
    "hand_on": only(MANAGERS, EITHER, ANY),
    # Incidents: whoever sees one raises it at once; reports go through managers and leaders (body 6(7)).
    "report_incident": only(STAFF | PRIVACY | CITY, EITHER, ANY) | only(CREW, ROAD, OURS),
    "follow_up_incident": only(LEADERS | PRIVACY, EITHER, OURS)
    | only(MANAGERS | PRIVACY | CITY, EITHER, ANY),
    "issue_incident_report": only(LEADERS | PRIVACY, EITHER, OURS) | only(MANAGERS | PRIVACY, EITHER, ANY),
    "freeze_evidence": only(LEADERS | PRIVACY, EITHER, OURS)
    | only(MANAGERS | PRIVACY | CITY, EITHER, ANY)
    | only(SERVICE, ANNEX, ANY),
    "send_back_incident": only(CITY, EITHER, ANY),
    "close_incident": (
        only(LEADERS | PRIVACY, EITHER, OURS) | only(MANAGERS | PRIVACY, EITHER, ANY)
    ).approved_by(CITY),
    "set_contacts": only(MANAGERS, EITHER, ANY),
    "attach": only(STAFF | PRIVACY | CITY, EITHER, OURS) | only(MANAGERS | PRIVACY | CITY, EITHER, ANY),
    # The registers (appendix 1 articles 6, 7, 9, 10-2; body 6).
    "register_person": only(MANAGERS | SYSTEM, EITHER, ANY).approved_by(MANAGERS | PRIVACY | CITY),
    "record_papers": only(MANAGERS | PRIVACY, EITHER, ANY),
    "register_consent": only(MANAGERS, EITHER, ANY),
    "register_premises": only(MANAGERS, EITHER, ANY),
    "hand_in_roster": only(LEADERS, EITHER, HOLDER) | only(MANAGERS, EITHER, ANY),
    "see_messages": only(OVERSIGHT | SYSTEM, EITHER, ANY),
    "see_registers": only(OVERSIGHT, EITHER, ANY),
    "make_register_paper": only(MANAGERS | PRIVACY | CITY, EITHER, ANY),
    # Supplies and reports.
    "supplies": only(STAFF, EITHER, HOLDER),
    "add_supply_item": only(MANAGERS, EITHER, ANY),
    "make_report": only(LEADERS, EITHER, HOLDER) | only(OVERSIGHT, EITHER, ANY) | only(SERVICE, ANNEX, ANY),
    "review_access": only(MANAGERS | PRIVACY, EITHER, ANY),
    "import_summary": only(MANAGERS, EITHER, ANY),
    "close_month": only(MANAGERS, EITHER, ANY),
    # Who comes in, and from where.
    "manage_people": only(MANAGERS | SYSTEM, EITHER, ANY),
    "manage_devices": only(MANAGERS | SYSTEM, EITHER, ANY),
    "manage_tokens": only(MANAGERS | SYSTEM, EITHER, ANY),
}


def relations(
    actor: Actor, *, holder: str | None = None, sender: str | None = None, receiver: str | None = None
) -> frozenset[Relation]:
    """What the caller's site (or courier) is to a thing that these hold, sent and will receive; NONE for nothing."""
    home = actor.home
    parties = ((Relation.HOLDER, holder), (Relation.SENDER, sender), (Relation.RECEIVER, receiver))
    return frozenset(relation for relation, party in parties if party == home) or frozenset({Relation.NONE})


def may(actor: Actor, act: str, over: frozenset[Relation] = ANY) -> bool:
    """Whether the table lets `actor` do `act` to something to which the caller's site is one of `over`."""
    return any(
        actor.role in line.roles and actor.where in line.grounds and not line.over.isdisjoint(over)
        for line in ACTS[act].lines
    )


def require(actor: Actor, act: str, over: frozenset[Relation] = ANY) -> None:
    """Return if `actor` may do `act`; NotAllowed otherwise. Without `over`: whether it is the person's task at all."""
    if not may(actor, act, over):
        raise NotAllowed(act, actor.role)


def approved_by(actor: Actor) -> list[str]:
    """The acts that somebody else's doing of needs the caller's role to approve."""
    return [act for act, row in ACTS.items() if actor.role in row.approvers]


def known(actor: Actor) -> list[str]:
    """The acts whose requests the caller hears of at the own place: all for who sees custody, else the own tasks."""
    return [act for act in ACTS if may(actor, "see") or may(actor, act)]


def scope(actor: Actor, act: str = "see") -> str | None:
    """The site or courier to which what `actor` sees is limited; None for who sees everything.

    NotAllowed for who sees nothing of the custody at all.
    """
    require(actor, act)
    return None if may(actor, act, frozenset({Relation.NONE})) else actor.home


def place(actor: Actor, asked: str | None) -> str | None:
    """The place that a list is to be about: the one asked for, or the caller's own. NotFound for another's place."""
    own = scope(actor)
    if own is not None and asked not in (None, own):
        raise NotFound("place", str(asked))
    return own or asked


def require_over(
    actor: Actor,
    act: str,
    what: str,
    code: str,
    *,
    holder: str | None = None,
    sender: str | None = None,
    receiver: str | None = None,
) -> None:
    """Return if `actor` may do `act` to the thing with this code.

    NotAllowed for people whose task it is nowhere; NotFound, as if it did not exist, for a thing of others.
    """
    require(actor, act)
    if not may(actor, act, relations(actor, holder=holder, sender=sender, receiver=receiver)):
        raise NotFound(what, code)
