"""What can be imported, one module each."""
