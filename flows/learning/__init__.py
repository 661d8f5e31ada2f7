"""Labels, classifiers, the gate, and the accuracy of it all."""
