"""The plant, its areas, lines and machines as people change them."""
