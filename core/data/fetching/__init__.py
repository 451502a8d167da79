"""Named data sets, fetched into the cache."""
