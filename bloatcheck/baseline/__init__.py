"""What the images measured before, and where that is kept."""
