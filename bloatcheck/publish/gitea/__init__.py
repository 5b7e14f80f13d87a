"""Gitea's REST API, which is Forgejo's too: what differs between them is told where it matters."""
