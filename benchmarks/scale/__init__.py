"""This project against itself, from a thousand passages to a million."""
