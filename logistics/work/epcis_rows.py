"""For every act of the log, the events it is to EPCIS: bizStep and disposition in the words of CBV 2.0.

Three changes of hands follow each other: the annex departs, the courier accepts, the container arrives. What a
site scans one by one is received; `shipping` and `consigning` would claim all of that at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from logistics.rules.words import SIGN_IN


class Objects(Enum):
    """What an event is about."""

    CARDS = "the cards that moved"
    BATCHES = "the containers that moved"
    BOTH = "containers and the cards in them"
    BOX = "the small box"
    SCANNED = "what was scanned, where nothing moved"
    DIFFERENCE = "the difference, where no card moved"


@dataclass(frozen=True, slots=True)
class Row:
    """One event that an act makes, if the entry has such objects.

    `damaged`: the disposition gives way to `damaged` where the entry says so. `persistent` is set for good, and
    gives way to `mismatch_quantity` where the entry names differences.
    """

    objects: Objects
    action: Literal["ADD", "OBSERVE", "DELETE"]
    step: str
    disposition: str | None
    type: Literal["ObjectEvent", "AggregationEvent"] = "ObjectEvent"
    damaged: bool = False
    persistent: str | None = None


_CARDS, _BATCHES, _BOTH = Objects.CARDS, Objects.BATCHES, Objects.BOTH
_SEEN = Row(Objects.SCANNED, "OBSERVE", "inspecting", "in_progress")
_HOLD = Row(_CARDS, "OBSERVE", "holding", "unavailable", damaged=True)
_MISSED = Row(_CARDS, "OBSERVE", "inspecting", "unknown")

ROWS: dict[str, tuple[Row, ...]] = {
    "expect": (Row(_CARDS, "ADD", "commissioning", "active"),),
    "open_box": (Row(Objects.BOX, "OBSERVE", "unpacking", "container_open"),),
    "check_in": (Row(_CARDS, "OBSERVE", "receiving", "in_progress"),),
    "close_box": (
        Row(Objects.BOX, "OBSERVE", "inspecting", None, persistent="completeness_verified"),
        _MISSED,
    ),
    "collect": (Row(_CARDS, "ADD", "commissioning", "active"),),
    "set_up": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "post_notice": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "post_reminder": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "return_notice": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "open": (Row(_BATCHES, "ADD", "commissioning", "container_open"),),
    "pack": (Row(_CARDS, "ADD", "packing", "in_progress", "AggregationEvent"),),
    "unpack": (Row(_CARDS, "DELETE", "unpacking", "in_progress", "AggregationEvent"),),
    "take_back": (Row(_CARDS, "DELETE", "unpacking", "in_progress", "AggregationEvent"),),
    "seal": (Row(_BATCHES, "OBSERVE", "packing", "container_closed"),),
    "unseal": (Row(_BATCHES, "OBSERVE", "unpacking", "container_open"),),
    "cancel": (Row(_BATCHES, "DELETE", "decommissioning", "inactive"),),
    "load": (Row(_BATCHES, "OBSERVE", "loading", "container_closed"),),
    "unload": (Row(_BATCHES, "OBSERVE", "unloading", "container_closed"),),
    "dispatch": (Row(_BOTH, "OBSERVE", "departing", "in_transit"),),
    "recall": (Row(_BOTH, "OBSERVE", "unloading", "container_closed"),),
    "take_over": (Row(_BOTH, "OBSERVE", "accepting", "in_transit"),),
    "hand_over": (Row(_BOTH, "OBSERVE", "arriving", "in_progress", persistent="completeness_inferred"),),
    "receive": (Row(_CARDS, "OBSERVE", "receiving", "in_progress"),),
    # The receipt is counted: the containers hold nothing any more, and what was not there is missing.
    "close_receipt": (
        Row(_BATCHES, "DELETE", "unpacking", None, "AggregationEvent", persistent="completeness_verified"),
        _MISSED,
    ),
    "close": (Row(_BATCHES, "DELETE", "unpacking", None, "AggregationEvent"),),
    "put_away": (Row(_CARDS, "OBSERVE", "storing", "in_progress"),),
    "carry": (Row(_CARDS, "OBSERVE", "storing", "in_progress"),),
    "move": (Row(_CARDS, "OBSERVE", "storing", "in_progress"),),
    "sight": (Row(_CARDS, "OBSERVE", "cycle_counting", "in_progress"),),
    "take_out": (Row(_CARDS, "OBSERVE", "picking", "in_progress"),),
    "put_back": (Row(_CARDS, "OBSERVE", "storing", "in_progress"),),
    "hand_to_city": (Row(_CARDS, "OBSERVE", "accepting", "in_progress"),),
    "take_from_city": (Row(_CARDS, "OBSERVE", "accepting", "in_progress"),),
    "issue": (Row(_CARDS, "OBSERVE", "dispensing", "dispensed"),),
    "hold": (_HOLD,),
    "find": (_HOLD,),
    "accept": (Row(_CARDS, "OBSERVE", "accepting", "in_progress"),),
    "readmit": (Row(_CARDS, "OBSERVE", "accepting", "in_progress"),),
    "confirm_lost": (Row(_CARDS, "DELETE", "decommissioning", "unknown"),),
    "propose": (Row(_CARDS, "OBSERVE", "holding", "needs_replacement"),),
    "withdraw": (Row(_CARDS, "OBSERVE", "storing", "in_progress"),),
    "approve": (Row(_CARDS, "OBSERVE", "holding", "needs_replacement"),),
    "pick": (Row(_CARDS, "OBSERVE", "picking", "unavailable"),),
    "destroy": (Row(_CARDS, "DELETE", "destroying", "destroyed"),),
    "transfer": (Row(_CARDS, "OBSERVE", "accepting", "inactive"),),
    "undo_check_in": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "undo_receive": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "undo_put_away": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "undo_issue": (Row(_CARDS, "OBSERVE", "other", "in_progress"),),
    "conclude_count": (_MISSED,),
    "miss": (Row(_BOTH, "OBSERVE", "inspecting", "unknown"),),
    "resolve": (
        Row(_CARDS, "OBSERVE", "inspecting", "in_progress"),
        Row(Objects.DIFFERENCE, "OBSERVE", "inspecting", "conformant"),
    ),
    "scan_check_in": (_SEEN,),
    "scan_pack": (_SEEN,),
    "scan_unpack": (_SEEN,),
    "scan_load": (_SEEN,),
    "scan_receive": (_SEEN,),
    "scan_put_away": (_SEEN,),
    "scan_carry": (_SEEN,),
    "scan_take_out": (_SEEN,),
    "scan_put_back": (_SEEN,),
    "scan_hand_to_city": (_SEEN,),
    "scan_take_from_city": (_SEEN,),
    "scan_issue": (_SEEN,),
    "scan_count": (_SEEN,),
    "scan_pick": (_SEEN,),
    "scan_destroy": (_SEEN,),
    "scan_hand_on": (_SEEN,),
}

# Acts in which nothing physical happens to anything that has an identifier, each with the reason.
NOT_EVENTS: dict[str, str] = {
    "open_count": "what will be counted was written down; nothing was seen yet",
    "tally": "a number of sleeves was counted by hand; no object was identified",
    "finish_count": "somebody said that everything was scanned; each scan is an event of its own",
    "cancel_count": "a count was given up; nothing follows from it",
    "search": "a search went on; nothing was found yet, or the finding scan is the event",
    "end_case": "an inquiry ended without moving a card",
    "note_difference": "somebody wrote what is being done about a difference",
    "close_site_day": "a site's day was added up from the log; no object was touched",
    "plan_run": "a plan: who will carry; the run itself departs with `dispatch`",
    "register_person": "a row of the register of people",
    "record_pledge": "a paper of a member of staff",
    "record_training": "a paper of a member of staff",
    "register_consent": "a row of the register of who may carry",
    "register_premises": "a row of the register of rooms and vaults",
    "add_courier": "a company is known; it carries nothing yet",
    "add_place": "a site is known; nothing lies there yet",
    "add_vault": "a vault is known; nothing lies there yet",
    "hand_in_roster": "a plan of who works when",
    "export_register": "the register of people was read",
    "refuse_right": "somebody tried what he may not; nothing happened",
    "request_approval": "a second person was asked to approve an act, which was not done yet",
    "give_approval": "a second person agreed; the act itself follows",
    "refuse_approval": "a second person did not agree",
    "set_retention": "a rule on how long things are kept; nothing was touched",
    "tell_clock": "a date from which keeping is counted; nothing was touched",
    "hold_disposal": "a decision that something is kept; it stays where it lies",
    "begin_destruction": "a sitting at the machine begins; what goes in is scanned one by one",
    "end_destruction": "a sitting at the machine ends",
    "witness": "a person comes or leaves",
    "refuse": "somebody tried to do what was refused; nothing was touched",
    "add_supply_item": "a kind of thing came onto a register; no object of the supply chain",
    "receive_supplies": "seals, bags, keys: counted by the piece, with no identifier of their own",
    "use_supplies": "counted by the piece, with no identifier of their own",
    "lose_supplies": "counted by the piece, with no identifier of their own",
    "return_supplies": "counted by the piece, with no identifier of their own",
    "move_supplies": "counted by the piece, with no identifier of their own",
    "end_spent_papers": "a paper went; it is no object of the supply chain",
    "open_succession": "what is in stock was written down; every sleeve handed on is an event",
    "conclude_succession": "nothing is left; the paper was frozen",
    "give_up_succession": "a plan was given up",
    "acknowledge_succession": "somebody agreed to a paper",
    "release_disposal": "a decision that something need not be kept; it stays where it lies",
    "print": "a file was drawn from a frozen record; no object of the supply chain was touched",
    "print_labels": "a file was drawn; a label is no object until it is on one",
    "count_slot": "a number of cards was counted; no single card was identified",
    "start_rearranging": "a piece of work began; each move in it is an event",
    "end_rearranging": "a piece of work ended with numbers of cards; no single card was identified",
    "give_key": "a key changed hands, which is no object of the supply chain",
    "take_key_back": "a key changed hands, which is no object of the supply chain",
    "open_vault": "a door was opened; what was done behind it are events",
    "close_vault": "a door was locked",
    "enter_room": "a person came in",
    "leave_room": "a person went out",
    "import_accesses": "a list of openings and stays was read",
    "set_limit": "a rule was set",
    "make_pick_list": "a plan: what is to be taken out",
    "add_picks": "a plan: what is to be taken out",
    "allow_hand": "a leave was given to a person",
    "register_notices": "hashes were recorded; no card was touched",
    "ask": "a question about the log",
    "make_report": "the log was counted, no card moved",
    "open_incident": "an incident was reported",
    "note_incident": "something was written into an incident's course",
    "add_incident_items": "an incident concerns more than was known",
    "add_corrective_action": "something is to be done so that it does not happen again",
    "end_corrective_action": "something was done so that it does not happen again",
    "issue_incident_report": "an incident was told on paper",
    "send_back_incident": "the city wants to know more of an incident",
    "close_incident": "the city decided that an incident is over",
    "freeze_evidence": "entries were sealed as evidence",
    "set_contacts": "whom to call was set",
    "attach_file": "a file was attached",
    "deliver_message": "something was told to the outside",
    "give_up_message": "something could not be told to the outside",
    "import_summary": "figures of other offices were read, no card moved",
    "review_access": "rights were looked through, no card moved",
    "close_month": "the report of a month was frozen, no card moved",
    "export": "the log was read, no card moved",
    **dict.fromkeys(SIGN_IN, "who came in, or who let them: no card moved"),
    "resume_signing": "somebody looked at the log itself, no card moved",
}
