"""The tasks of the contact sync, one module per step, and the modules they share."""
