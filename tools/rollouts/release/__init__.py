"""A release, step by step: read the image, publish it, choose targets, assign, watch.

What the command line does, without a terminal: usable from Python, testable without one.
"""
