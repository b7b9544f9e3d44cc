"""Lessons as data: what a step sets up, asks for, checks and explains, in every language that its file has.

A lesson is a file that a teacher writes. It is bounded and read as data alone, and it is proved when it is read, so that a mistake is told
with its line, and not found before a class.
"""
