"""Checks of the market before it is used: findings, corrections, thresholds. Pure: frames in, findings and values out."""
