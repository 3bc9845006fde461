"""The trained models and their cards, as package data."""
