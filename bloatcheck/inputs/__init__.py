"""What a build reads, so that an image whose inputs did not change need not be built. See docs/inputs.md."""
