"""Tools for an AI assistant acting for one user: read, start runs, advise, ask for a review. Only people decide."""
