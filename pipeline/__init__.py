"""What the words mean: recording -> call -> transcript -> turns -> findings -> evaluation -> month."""
