"""What an AI assistant may do in one user's name: look, start, advise and ask. Deciding stays with people."""
