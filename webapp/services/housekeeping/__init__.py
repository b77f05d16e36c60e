"""Cleaning up: what has had its time is deleted, by the clock or when somebody asks, and every run says what it did."""
