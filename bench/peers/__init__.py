"""Other SCIM service providers, each in the smallest Django project that Entra can work with."""
