"""What is counted, drawn and told of what is kept."""
