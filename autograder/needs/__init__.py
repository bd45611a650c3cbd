"""What a lab's `needs` come to: parts of the stack, and what one run may see of them."""
