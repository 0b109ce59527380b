"""Measurements: ratios in one run, written to docs/reference/speed.md. Never a test."""
