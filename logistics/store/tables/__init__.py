"""All tables. Codes are text, times aware, states text with a CHECK from the lifecycle.

Table classes define the schema and serve simple selects; the hot paths are SQL. No relationships: write the
join. Triggers, `legal_step` rows and append-only rules are in the migrations. Importing this package fills the
metadata with every table.
"""

from logistics.store.tables.approvals import Approval, ApprovalDecision, ApprovalUse
from logistics.store.tables.log import (
    Checkpoint,
    Entry,
    EntryBatch,
    EntryCard,
    Leaf,
    LogIdentity,
    Node,
    Scan,
)
from logistics.store.tables.moving import (
    Arrival,
    Batch,
    Box,
    Card,
    Manifest,
    ManifestCard,
    ReturnReason,
    Run,
    Seal,
)
from logistics.store.tables.papers import (
    Discrepancy,
    DiscrepancyResolution,
    Document,
    DocumentPrint,
    MonthClose,
)
from logistics.store.tables.reference import (
    CalendarOverride,
    Courier,
    Kind,
    LegalStep,
    Numbering,
    Party,
    Person,
    Place,
    Slot,
    Vault,
)
from logistics.store.tables.retention import (
    RetentionClock,
    RetentionHold,
    RetentionPolicy,
    RetentionRelease,
    RetentionRule,
)

__all__ = [
    "APPEND_ONLY",
    "CHANGEABLE",
    "Approval",
    "ApprovalDecision",
    "ApprovalUse",
    "Arrival",
    "Batch",
    "Box",
    "CalendarOverride",
    "Card",
    "Checkpoint",
    "Courier",
    "Discrepancy",
    "DiscrepancyResolution",
    "Document",
    "DocumentPrint",
    "Entry",
    "EntryBatch",
    "EntryCard",
    "Kind",
    "Leaf",
    "LegalStep",
    "LogIdentity",
    "Manifest",
    "ManifestCard",
    "MonthClose",
    "Node",
    "Numbering",
    "Party",
    "Person",
    "Place",
    "RetentionClock",
    "RetentionHold",
    "RetentionPolicy",
    "RetentionRelease",
    "RetentionRule",
    "ReturnReason",
    "Run",
    "Scan",
    "Seal",
    "Slot",
    "Vault",
]

# Tables whose rows are written once: UPDATE, DELETE and TRUNCATE are refused by triggers.
APPEND_ONLY = (
    "entry",
    "entry_card",
    "entry_batch",
    "scan",
    "manifest_card",
    "return_reason",
    "retention_policy",
    "retention_rule",
    "retention_clock",
    "retention_hold",
    "retention_release",
    "seal",
    "discrepancy",
    "discrepancy_resolution",
    "document",
    "document_print",
    "approval",
    "approval_decision",
    "approval_use",
    "log_identity",
    "leaf",
    "node",
    "checkpoint",
    "month_close",
)
# Tables that the service may change, besides adding to them; it deletes nowhere.
CHANGEABLE = ("box", "run", "manifest", "batch", "card", "slot", "numbering")
