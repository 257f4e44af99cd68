"""Work orders: what is asked for, from creation to close, and its dispatch to work units."""
