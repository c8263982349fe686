"""The tasks of the e-mail campaign, one module per step, and the modules they share."""
