"""The retention policy as versioned data: decided by the city, in force from a day, never overwritten.

Where no policy is in force, or it says nothing of a kind, the kind is suspended: only what has expired or was blocked
can be proposed, and even that needs the city's approval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.errors import InvalidValue, SecondPersonNeeded
from logistics.rules.permissions import Actor, Role
from logistics.rules.retention import PRESETS, REMIND_AFTER, SUSPENDED, Rule, parse, written
from logistics.store.database import driver
from logistics.work import people, places

_IN_FORCE = """
SELECT id, effective_from, approver, reference, note, remind_after
FROM retention_policy
WHERE effective_from <= $1
ORDER BY effective_from DESC, id DESC
LIMIT 1
"""

_PAGE = """
SELECT policy.id, policy.effective_from, policy.approver, policy.reference, policy.note, policy.remind_after,
       policy.recorded_by, policy.recorded_at,
       COALESCE((SELECT json_agg(json_build_object('kind', kind, 'preset', preset, 'rule', rule) ORDER BY kind)
                 FROM retention_rule WHERE retention_rule.policy = policy.id), '[]')::text AS rules
FROM retention_policy AS policy
WHERE policy.id < $1
ORDER BY policy.id DESC
LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a policy says of a kind: a rule, and the preset it was taken from, if it was."""

    rule: Rule
    preset: str | None

    @property
    def text(self) -> str:
        """The rule as written."""
        return written(self.rule)


DEFAULT_REMINDER = parse(REMIND_AFTER)


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy in force on a day; `id` and `reference` are None where none is."""

    id: int | None = None
    reference: str | None = None
    effective_from: date | None = None
    kinds: Mapping[str, Said] = field(default_factory=dict)
    remind_after: Rule = DEFAULT_REMINDER

    def of(self, kind: str) -> Said:
        """What it says of a kind; suspended where it says nothing."""
        return self.kinds.get(kind, DEFAULT)


DEFAULT = Said(parse(PRESETS[SUSPENDED]), SUSPENDED)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is asked for one kind: a preset by name, or a rule as text."""

    kind: str
    preset: str | None
    rule: str | None


async def in_force(session: AsyncSession, day: date) -> Policy:
    """The policy that counts on a day."""
    connection = await driver(session)
    row = await connection.fetchrow(_IN_FORCE, day)
    if row is None:
        return Policy()
    rules = await connection.fetch(
        "SELECT kind, preset, rule FROM retention_rule WHERE policy = $1", row["id"]
    )
    kinds = {one["kind"]: Said(parse(one["rule"]), one["preset"]) for one in rules}
    return Policy(row["id"], row["reference"], row["effective_from"], kinds, parse(row["remind_after"]))


async def decide(
    session: AsyncSession,
    actor: Actor,
    approver: str,
    effective_from: date,
    reference: str,
    note: str,
    rulings: Sequence[Ruling],
    remind_after: str | None,
    now: datetime,
) -> int:
    """Record the city's policy from a day on; its number. Earlier versions stay, and stay true for earlier days.

    Raises SecondPersonNeeded unless another city employee approved it; InvalidValue, naming the rule that cannot be
    read, the kind that is unknown or named twice, or a day in the past.
    """
    permissions.require(actor, "set_retention")
    known = await people.actors(session, [approver])
    if approver == actor.code or approver not in known or known[approver].role is not Role.CITY:
        raise SecondPersonNeeded("approver")
    if effective_from < business_date(now):
        raise InvalidValue("effective_from", "lies in the past")
    said = await _said(session, rulings)
    remind = written(parse(remind_after or REMIND_AFTER, "remind_after"))
    rules: list[Json] = [{"kind": kind, "preset": one.preset, "rule": one.text} for kind, one in said.items()]
    facts: dict[str, Json] = {
        "effective_from": effective_from.isoformat(),
        "approver": approver,
        "reference": reference,
        "note": note,
        "remind_after": remind,
        "rules": rules,
    }
    (taken,) = await take(session, [Act("set_retention", actor, actor.home, now, facts=facts)], now)
    connection = await driver(session)
    number: int = await connection.fetchval(
        "INSERT INTO retention_policy (effective_from, approver, reference, note, remind_after, recorded_by,"
        " recorded_at, entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        effective_from,
        approver,
        reference,
        note,
        remind,
        actor.code,
        now,
        taken.entry,
    )
    await connection.execute(
        "INSERT INTO retention_rule (policy, kind, preset, rule)"
        " SELECT $1, kind, preset, rule FROM unnest($2::text[], $3::text[], $4::text[]) AS r (kind, preset, rule)",
        number,
        list(said),
        [one.preset for one in said.values()],
        [one.text for one in said.values()],
    )
    return number


async def page(session: AsyncSession, before: int, limit: int) -> list[dict[str, Any]]:
    """Versions of the policy, the last recorded first, with their rules as JSON text."""
    return [dict(row) for row in await (await driver(session)).fetch(_PAGE, before, limit)]


async def _said(session: AsyncSession, rulings: Sequence[Ruling]) -> dict[str, Said]:
    kinds = {row["code"] for row in await places.kinds(session)}
    said: dict[str, Said] = {}
    for n, ruling in enumerate(rulings):
        where = f"rules[{n}]"
        if ruling.kind not in kinds:
            raise InvalidValue(f"{where}.kind", "is no kind of ours")
        if ruling.kind in said:
            raise InvalidValue(f"{where}.kind", "is named twice")
        if (ruling.preset is None) == (ruling.rule is None):
            raise InvalidValue(where, "give one of preset and rule")
        if ruling.preset is not None and ruling.preset not in PRESETS:
            raise InvalidValue(f"{where}.preset", f"must be one of {', '.join(PRESETS)}")
        text = PRESETS[ruling.preset] if ruling.preset else str(ruling.rule)
        said[ruling.kind] = Said(parse(text, f"{where}.rule"), ruling.preset)
    return said
