"""What each command does; the command line only calls them."""
