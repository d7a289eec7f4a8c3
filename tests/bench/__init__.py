"""Hot paths beside the same durable work done bare. `python -m tests.bench` prints a table; it never fails a build."""
