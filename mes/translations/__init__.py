"""Message catalogues of screens, one for pages and scripts."""
