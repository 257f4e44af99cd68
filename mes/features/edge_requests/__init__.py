"""Requests of people to an edge: test, preview, browse. The edge fetches them by long poll.

Nothing here is kept: a request lives seconds, is handed out once, and is never carried out late.
"""
