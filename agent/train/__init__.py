"""Training: drives, the data that grows by them, and the loop that learns; it knows no family."""
