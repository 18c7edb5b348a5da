"""The flagship: a gate keeps few patches of the frame, and the controller gets those and nothing else."""
