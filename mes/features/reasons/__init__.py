"""Reasons to choose from, the most used first."""
