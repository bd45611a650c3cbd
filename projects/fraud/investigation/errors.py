"""What the desk refuses."""


class InvestigationError(Exception):
    """Say what was wrong with what an analyst asked."""


class NotPreparedError(InvestigationError):
    """Say that a table which another part makes is not there."""


class UnknownCaseError(InvestigationError):
    """Say that no alert belongs to a case."""


class NotOfCaseError(InvestigationError):
    """Say which payment is no alert of the case; `place` is its place in what was sent."""

    def __init__(self, place: int, transaction_id: int, case_id: str) -> None:
        super().__init__(f"{transaction_id} is no alert of case {case_id}")
        self.place = place


class DecidedOtherwiseError(InvestigationError):
    """Say that a payment has the other verdict already."""
