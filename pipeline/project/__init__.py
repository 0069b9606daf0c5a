"""Project folders: the DVC pipeline file, `init`, `demo`, waves and checks."""
