"""Data health: which records somebody should mend, which properties nobody fills, who looks after whom."""
