"""The codebook, decisions, the coder, candidates and their stability."""
