"""Bring fraud detection to where it runs, and know what that costs."""
