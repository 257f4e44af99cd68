"""Work instructions by revision: written in the office, read and acknowledged on the floor."""
