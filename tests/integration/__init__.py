"""Parts of the product against real servers, a folder a room."""
