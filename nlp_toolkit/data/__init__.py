"""Tables that a domain expert may edit, as package data."""
