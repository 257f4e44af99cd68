"""Calendars: patterns, exceptions and holidays that people change."""
