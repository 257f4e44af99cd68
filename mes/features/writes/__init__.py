"""Writes to machines: only what the plant's allow-list has, once, in time, read back, audited."""
