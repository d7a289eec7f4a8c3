"""The custody log: canonical bodies, append. Proofs and checkpoints build on these bytes alone."""
