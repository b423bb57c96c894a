"""django-scim2-server 1.1 with the least that makes Entra's requests work: no tenancy, log, lock or entity tag.

Stock, it forgets displayName without a word, and a DELETE only deactivates. It knows no `excludedAttributes`.
"""
