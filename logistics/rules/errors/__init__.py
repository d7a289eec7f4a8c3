"""What can be refused, a module per topic; every class is found here, under `errors`."""

from logistics.rules.errors.counting import *  # noqa: F403
from logistics.rules.errors.disposal import *  # noqa: F403
from logistics.rules.errors.ending import *  # noqa: F403
from logistics.rules.errors.handling import *  # noqa: F403
from logistics.rules.errors.incidents import *  # noqa: F403
from logistics.rules.errors.movement import *  # noqa: F403
from logistics.rules.errors.refusal import MOST_LISTED as MOST_LISTED
from logistics.rules.errors.refusal import DomainError as DomainError
from logistics.rules.errors.reports import *  # noqa: F403
