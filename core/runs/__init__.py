"""Run folders: write them so that they survive anything, read them without running any code."""
