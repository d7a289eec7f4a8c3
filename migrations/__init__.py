"""The schema's history. Imports nothing of ours: a migration must still mean the same when the code has changed."""
