"""Pieces that people state: good, scrap, rework and start-up scrap, and taking them back."""
