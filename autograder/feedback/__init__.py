"""Show a learner what came of a submission, and nothing that must stay hidden."""

from autograder.feedback.page import feedback_page, write_feedback

__all__ = ["feedback_page", "write_feedback"]
