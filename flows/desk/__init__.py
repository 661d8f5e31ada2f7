"""The review desk served, and what its pages ask of the other rooms."""
