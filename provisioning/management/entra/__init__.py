"""A client that plays Microsoft Entra ID's provisioning service and judges each answer it gets.

It knows the wire alone (HTTP, RFC 7643, RFC 7644 and what Microsoft publishes about its client): no
model, no SCIM library and none of the server's code, for what shares code with the server agrees
with the server's mistakes. `cycles.run` is the door.
"""
