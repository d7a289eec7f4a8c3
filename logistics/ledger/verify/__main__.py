"""`python -m logistics.ledger.verify EXPORT`, where the rest of the service is not installed."""

from __future__ import annotations

import argparse

from logistics.ledger.verify import command

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="verify", description=command.run.__doc__)
    command.arguments(parser)
    raise SystemExit(command.run(parser.parse_args()))
