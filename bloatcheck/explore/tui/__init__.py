"""The screen, made with Textual, which only `bloatcheck explore` needs."""
