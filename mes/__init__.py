"""A lightweight manufacturing execution system for pilot factories."""

__version__ = "0.1.0"
