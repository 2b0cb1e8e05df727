"""Alarms: what a lead is told before a service target is missed, and when it is over.

``rule`` says what is worth an alarm in a queue, ``lookout`` who waits and how long, and ``book``
which alarms are on. Pure: time is an argument, and what is ready is asked of the caller.
"""
