"""Paper: frozen records in, PDF bytes out. Knows no database and no HTTP."""
