"""HOW THEY ARRIVE: the connection from Entra, its tokens, the SCIM service, the log and who is told."""
