"""User interfaces: window, web page, console, button, MQTT, control socket. They use the station's contract only."""
