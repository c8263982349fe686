"""The verbs of the contact sync, and what they are made of."""
