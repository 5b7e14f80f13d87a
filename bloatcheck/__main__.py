"""`python -m bloatcheck` is the same as `bloatcheck`."""

from bloatcheck.cli.main import entry_point

if __name__ == "__main__":
    entry_point()
