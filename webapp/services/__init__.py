"""Use cases: one function each, one commit at its end, called by every door."""
