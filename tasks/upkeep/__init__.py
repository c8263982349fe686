"""The verbs of the house: what is done by and by, for all organizations."""
