"""A session looked at as a whole: its portraits on contact sheets, and where it drifts."""
