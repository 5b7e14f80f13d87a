"""From an opened image to what it holds and where each part comes from."""
