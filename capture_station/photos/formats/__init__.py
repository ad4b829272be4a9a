"""What photo files say besides their pixels: structure, damage, orientation and colour encoding, without decoding."""
