"""The live picture: what it tells, and its buttons."""
