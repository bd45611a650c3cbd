"""The errors that a user of the course can make, told in words."""


class CourseError(Exception):
    """Report a mistake in the course's input: what was wrong, where, and what to do.

    The command line prints `message` and `mend` and exits with 2; it never shows a traceback
    for one of these.
    """

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(f"{message} {mend}".strip())
        self.message = message
        self.mend = mend
