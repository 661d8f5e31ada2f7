"""The work of people on a judged call: answers, disputes, the queue, draws by lot. Nothing of the web."""
