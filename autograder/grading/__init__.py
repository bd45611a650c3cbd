"""From a submission to its scorecard."""
