"""What an operator can say, a module per topic; `logistics.__main__` puts the topics together."""
