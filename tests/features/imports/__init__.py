"""Imports from spreadsheets."""
