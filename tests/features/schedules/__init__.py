"""Report files that are made by themselves."""
