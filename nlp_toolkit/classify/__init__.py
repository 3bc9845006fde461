"""Themes for passages: the codebook, the features, the model and its training."""
