"""The database as files: upgrade, check, backup, restore."""
