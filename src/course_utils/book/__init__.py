"""Renders views, quizzes and explanations as HTML, and builds the book.

`python -m course_utils.book` builds it; `python -m course_utils.book.diagrams` draws its diagrams.
"""
