"""What a repository begins with: a configuration, workflows. Texts only; nothing here builds or writes."""
