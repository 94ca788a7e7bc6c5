"""For whoever writes the course: exercises from solutions, and what the notebook tests compare."""
