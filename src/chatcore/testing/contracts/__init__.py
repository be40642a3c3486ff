"""Contract suites: what every adapter of a port must keep. Subclass one in a test module and give it its fixtures."""
