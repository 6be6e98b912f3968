"""Parts of the product without servers, a folder a room."""
