"""What travels between platform and callback URL: cipher, signature, XML."""
