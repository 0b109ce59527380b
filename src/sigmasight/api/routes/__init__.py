"""One file an area of the API."""
