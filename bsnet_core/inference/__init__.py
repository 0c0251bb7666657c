"""From a radiograph to its prediction: input check, predictor, quality notes, and how a backend compares with torch."""
