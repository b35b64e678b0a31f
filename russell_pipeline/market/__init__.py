"""What is checked and corrected across the files that people bring. Pure: frames in, findings and values out."""
