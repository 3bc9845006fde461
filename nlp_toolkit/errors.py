"""The toolkit's own exceptions: each message names the file (and line) and says what to do."""


class PolicyError(Exception):
    """Base of every error that the toolkit raises on purpose."""


class InputError(PolicyError):
    """An input that cannot be read; the others of the same call are still processed."""


class DataError(PolicyError):
    """A table, codebook, gold file or model that does not have the form it must have."""
