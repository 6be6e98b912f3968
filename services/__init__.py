"""The services of the mesh, and what they share."""
