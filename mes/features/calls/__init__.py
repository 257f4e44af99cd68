"""Calls for help from the floor (andon): raised, acknowledged, resolved."""
