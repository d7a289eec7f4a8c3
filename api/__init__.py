"""HTTP: requests in, domain functions called, answers and papers out."""
