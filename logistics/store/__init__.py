"""The database: tables, transactions, the embedded server."""
