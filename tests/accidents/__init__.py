"""The published losses of such cards, played again on this service: when it notices, and what it can then say."""
