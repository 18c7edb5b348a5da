"""Tells Gymnasium of the environment, without loading it.

Gymnasium 1.0 gave up loading plugins by itself; what is left is importing a package that registers. `import sim` does,
and so does the id "sim:RedGaze/Drive-v0", which has Gymnasium import it.
"""

from gymnasium.envs.registration import register


def register_environments() -> None:
    """Register RedGaze/Drive-v0, single and vector; the environment itself is loaded when one is made."""
    register(
        id="RedGaze/Drive-v0",
        entry_point="sim.env:DriveEnv",
        vector_entry_point="sim.env:DriveVectorEnv",
        disable_env_checker=True,  # the checks are in tests/; at run time the passive checker costs more than a step
    )
