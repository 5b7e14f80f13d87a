"""Comparing two snapshots."""
