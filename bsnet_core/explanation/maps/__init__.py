"""The parts that exact and fast explanation maps share: super-pixels, masking, and a map that grows to its result."""
