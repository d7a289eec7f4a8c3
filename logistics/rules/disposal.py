"""How things are destroyed so that nothing can be read again (appendix 1 article 11-2): methods, chips, words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from logistics.rules.errors import InvalidValue

# Working days that something picked for destruction may wait in the locked stock: a city lost a card in a month of it.
DWELL_DAYS = 1
# Working days until the certificate is due, where the city names no day.
CERTIFICATE_DAYS = 5
# Kinds that are paper alone.
PAPER = frozenset({"returned_notice", "documents"})


class Method(StrEnum):
    """How the thing is destroyed."""

    SHRED = "shred"
    DISSOLVE = "dissolve"
    INCINERATE = "incinerate"


class Chip(StrEnum):
    """What happens to the IC chip."""

    PUNCHED = "punched"
    SHREDDED = "shredded"
    DISSOLVED = "dissolved"
    BURNT = "burnt"
    NO_CHIP = "no_chip"


METHODS: Mapping[Method, str] = {
    Method.SHRED: "裁断（ICチップ破壊）",
    Method.DISSOLVE: "溶解",
    Method.INCINERATE: "焼却",
}
CHIPS: Mapping[Chip, str] = {
    Chip.PUNCHED: "打抜きにより破壊",
    Chip.SHREDDED: "裁断により破壊",
    Chip.DISSOLVED: "溶解により破壊",
    Chip.BURNT: "焼却により破壊",
    Chip.NO_CHIP: "ICチップなし（紙）",
}
_FITTING: Mapping[Method, frozenset[Chip]] = {
    Method.SHRED: frozenset({Chip.PUNCHED, Chip.SHREDDED}),
    Method.DISSOLVE: frozenset({Chip.PUNCHED, Chip.DISSOLVED}),
    Method.INCINERATE: frozenset({Chip.PUNCHED, Chip.BURNT}),
}


def require_chip(method: Method, chip: Chip, kinds: Iterable[str]) -> None:
    """InvalidValue where this would leave a chip whole, or says of paper that it had one."""
    has_chip = not set(kinds) <= PAPER
    if has_chip and chip is Chip.NO_CHIP:
        raise InvalidValue("chip", "says how the chips of these cards are destroyed, and cannot be no_chip")
    if not has_chip and chip is not Chip.NO_CHIP:
        raise InvalidValue("chip", "is no_chip where everything is paper")
    if has_chip and chip not in _FITTING[method]:
        raise InvalidValue("chip", f"does not go with {method}: one of {', '.join(sorted(_FITTING[method]))}")
