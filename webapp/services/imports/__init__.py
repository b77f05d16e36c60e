"""A file of cameras on its way in: read it, say what its rows would do, do that, and undo it."""
