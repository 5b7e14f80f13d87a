"""GitHub's REST API, and the files of its runner."""
