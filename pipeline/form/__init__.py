"""Evaluation forms on paper: of a call and of an agent's month, as the documents print them.

`printed` is what stands on the paper; `call` and `month` fill it in; `excel` and `word` write it to a
file, the desk shows it as a page.
"""
