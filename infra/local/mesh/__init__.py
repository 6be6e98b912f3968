"""The whole mesh as real processes on a local stack: started, found ready, killed and stopped by name."""

from infra.local.mesh.errors import ProcessDied
from infra.local.mesh.leases import read_leases
from infra.local.mesh.mesh import Mesh

__all__ = ["Mesh", "ProcessDied", "read_leases"]
