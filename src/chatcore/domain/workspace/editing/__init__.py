"""Editing files by search and replace: matching, splicing, the plan of a request and its diffs (A5.4, A5.5)."""
