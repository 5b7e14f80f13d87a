"""Putting finished texts where people read them. Takes strings, knows nothing of how they were made."""
