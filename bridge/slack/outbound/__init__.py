"""Brings an answer to its thread, call by call, and finds it there again."""
