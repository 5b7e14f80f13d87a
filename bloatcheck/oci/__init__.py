"""The OCI image specification's own words, as values. No I/O in here."""
