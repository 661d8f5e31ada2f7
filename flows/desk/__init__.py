"""The review desk as a server, and the functions that its pages need of the other rooms."""
