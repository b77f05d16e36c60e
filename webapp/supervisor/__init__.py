"""The embedded mode in one command: starts Camkeeper's processes, restarts those that die, stops them all together."""
