"""The demonstration: one working day, played by its people through the public HTTP API alone."""
