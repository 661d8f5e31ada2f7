"""Learning: labels, classifiers, demotions and calibrations."""
