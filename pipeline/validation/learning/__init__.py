"""Learning from people's judgements: labels, stages of classifiers, the gate, what to judge next."""
