"""Microsoft: the sign-in (`login`) and the contacts of Graph v1.0."""
