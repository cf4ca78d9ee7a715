"""What a gate found, in the formats that continuous integration reads."""
