"""The grader inside the notebook: `%check`, `%hint` and `%score`."""
