"""django-scim2 0.23 with the least that makes Entra's requests work: no tenancy, log, lock or entity tag.

Stock, it answers 501 to a PATCH of displayName and of a work e-mail, 400 to the word "False", and finds no group
by displayName.
"""
