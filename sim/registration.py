"""Gymnasium's plugin entry point. Imported by `import gymnasium` itself, so it loads nothing else."""


def register() -> None:
    """Register RedGaze/Drive-v0, single and vector."""
    from gymnasium.envs.registration import register as register_env

    register_env(
        id="RedGaze/Drive-v0",
        entry_point="sim.env:DriveEnv",
        vector_entry_point="sim.env:DriveVectorEnv",
        disable_env_checker=True,  # the checks are in tests/; at run time the passive checker costs more than a step
    )
