"""The management API: what the consoles show, for programs. `/api/v1/`, on Django REST framework.

A door like the consoles: it reads HTTP, asks who calls and what they may do, calls one operation, and says
what came of it. Rules live in the operations.
"""
