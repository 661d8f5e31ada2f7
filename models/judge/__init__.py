"""A judge for what needs understanding: a language model of one's own network, asked one question at a time.

Off unless a deployment names its address. What leaves the process is masked, what comes back is verified, and none
of it costs points by itself. Only `client` knows the wire.
"""
