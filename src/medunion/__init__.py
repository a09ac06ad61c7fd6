"""MedUnion: the collaboration platform of a medical consortium."""
