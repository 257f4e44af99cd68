"""Commands of people and clients: each done once, a repeat returns the first answer."""
