"""What each task of the lab brings about: one file a part, each function a step. Who needs whom stands in tasks.py."""
