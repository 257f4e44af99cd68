"""Publishing: shifts signed off, their figures, and revisions when late facts change them."""
