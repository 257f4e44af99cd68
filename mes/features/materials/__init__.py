"""Items: what is made."""
