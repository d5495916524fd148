"""The operator's side: the Management API under /rest/v1."""
