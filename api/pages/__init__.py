"""Pages: the same domain functions, shown to people."""
