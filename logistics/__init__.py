"""The domain: who holds which card, and how that may change. Knows no HTTP and no paper."""
