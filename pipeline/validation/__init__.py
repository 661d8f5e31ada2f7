"""The measures of how right it all is: accuracy against truth, agreement of people, classifiers and their gate."""
