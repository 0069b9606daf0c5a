"""Errors, parameters, table contracts, and the only reader and writer of files."""
