"""bloatcheck catches container image bloat before it ships."""

__version__ = "0.1.0"
