"""What is shown while nobody is there, and the languages to choose from."""
