"""The readers that come with arrowsets: one module per format."""
