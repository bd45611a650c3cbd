"""What can be wrong with a feature's definition or with the data it is given."""


class FeatureError(ValueError):
    """Say what was wrong, where, and what to do."""


class SnapshotError(FeatureError):
    """Say why these bytes cannot be restored."""
