"""Pure rules: no SQL, no HTTP, no clock, no I/O."""
