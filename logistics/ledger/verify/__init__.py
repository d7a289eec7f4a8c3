"""Verifying an export of the custody log, offline: it knows the format, and nothing of who wrote it or where."""
