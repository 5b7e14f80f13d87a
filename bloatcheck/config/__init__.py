"""What the user asks for: the configuration file, the command line and the CI's environment."""
