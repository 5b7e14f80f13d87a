"""One report value, and the texts made from it. Everything here is pure; publishing is elsewhere."""
