"""Building images, one file a builder behind one protocol."""
