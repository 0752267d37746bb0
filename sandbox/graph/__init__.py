"""Microsoft Graph v1.0 over the directory: the organisation, users, groups, applications, service
principals."""
