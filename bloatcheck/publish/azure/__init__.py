"""What Azure DevOps takes."""
