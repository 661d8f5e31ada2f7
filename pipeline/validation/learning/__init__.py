"""What people said of calls, and what follows: labels, stages of classifiers, the gate, what to judge next."""
