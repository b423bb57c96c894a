"""Commands for the people who run the product, and the client that plays Entra against it."""
