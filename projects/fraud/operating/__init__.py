"""Tell when fraud detection is not what it was promised to be, and what to do then."""
