"""What can go wrong with stored data: each says what, where and what to do."""


class StorageError(Exception):
    """Report what storage refused or could not do."""


class SchemaMismatchError(StorageError):
    """Report a table whose columns are not those of the dataset."""


class SnapshotNotFoundError(StorageError):
    """Report a snapshot that does not exist, or exists no more."""


class CommitConflictError(StorageError):
    """Report that another commit changed what this one was made on."""


class CommitUncertainError(StorageError):
    """Report that the store failed while a commit was made, so it may have been made or not.

    Commit again with the same `commit_id`: it is then made once, whatever happened.
    """


class StorageUnavailableError(StorageError):
    """Report a store that does not answer; what it acknowledged before is not touched by this."""
