"""The recipe of the network that weighs a frame against the clean plate."""
