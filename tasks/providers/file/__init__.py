"""Contacts out of files: vCards and CSVs as products really write them."""
