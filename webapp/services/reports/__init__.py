"""Health reports: how available a group or the fleet was in a period, against the period before."""
