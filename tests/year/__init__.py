"""A contract year, played over HTTP on a clock that is moved on, and added up again by SQL of its own."""
