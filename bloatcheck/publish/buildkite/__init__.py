"""What Buildkite takes."""
