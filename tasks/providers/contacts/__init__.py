"""Sources of contacts: Microsoft Graph and Google People, behind the port of `providers.base`."""
