"""Who watches and presses: window, button, control socket. They know only the public methods of Station."""
