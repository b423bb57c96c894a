"""Other service providers in their smallest projects: what is measured beside HootProv. Each does less than it."""
