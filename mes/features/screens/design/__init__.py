"""The design system, documented from its own sources."""
