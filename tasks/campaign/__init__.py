"""The verbs of the e-mail campaign, and what they are made of."""
