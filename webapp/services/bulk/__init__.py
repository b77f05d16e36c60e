"""One act on many cameras: which they are, what it would do, doing it piece by piece, undoing it."""
