"""Answer over HTTP how suspicious one payment is, for callers that bring its features."""
