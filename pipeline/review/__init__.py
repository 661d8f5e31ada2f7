"""What people do with a call that was judged: answers, disputes, the queue, draws by lot. Nothing of the web."""
