"""Accounts, persons, terminals and tokens: who may come in."""
