"""The real data of the contract, as CSV files with their sources, and typed ways to read it."""
