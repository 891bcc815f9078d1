"""A place for others: its name, its preview, its code for a phone, and a file that shows it."""
