"""What is seen: the state, the link, the picture, and what is said about it."""
