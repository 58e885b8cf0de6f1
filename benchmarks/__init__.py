"""What imagelint is measured with; nothing of it is part of the product."""
