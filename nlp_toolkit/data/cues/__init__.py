"""Cue phrases by layer and class, as package data."""
