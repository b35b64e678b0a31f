"""Other people's market files into landing files. Pure: bytes in, frames and the lines left out. Start at registry.py."""
