"""Clips: asked for, made by a worker, read in parts, deleted."""
