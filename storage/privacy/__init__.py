"""What is held of a person, and how all of it goes."""
