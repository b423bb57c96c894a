"""WHO: organizations, the people who sign in, and the members and teams that Entra provisions."""
