"""Samples: packed an hour of a tag in a row, kept as minutes and hours, expired, and read again."""
