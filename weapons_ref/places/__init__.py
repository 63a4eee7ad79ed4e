"""Where places come from: the gazetteer, and the user's own files."""
