"""Writes to machines and calls of methods: only what the allow-list has, once, in time, audited."""
