"""Staged rollouts: a set goes to the targets of a filter group by group, as in hawkBit 1.0.4.

`model` has the tables, `groups` divides the targets, `executor` is the scheduler's step,
`control` what an operator does between two steps, `evaluation` how far it got.
"""
