"""Putting finished texts where people read them. Takes strings, knows nothing of how they were made.

What every code host needs is here once; a folder for each host says what differs.
"""
