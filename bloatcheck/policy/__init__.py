"""Judging a difference against the limits: one rule a file, one registry, one verdict."""
