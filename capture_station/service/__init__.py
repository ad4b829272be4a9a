"""The station as a service: what the service manager is told."""
