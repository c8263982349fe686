"""Google: the sign-in (`login`) and the People API v1."""
