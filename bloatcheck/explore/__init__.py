"""Looking through an image on a terminal: what is shown, apart from how (`tui`, which needs Textual)."""
