"""Which app roles a token must carry for what. Any one of a set is enough."""

from starlette.requests import Request

from sandbox.entra.principals import Principal
from sandbox.graph.errors import denied

_DIRECTORY_READ = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})

DIRECTORY_READ = _DIRECTORY_READ
ORGANIZATION_READ = _DIRECTORY_READ | {"Organization.Read.All", "User.Read.All"}
USERS_READ = _DIRECTORY_READ | {"User.Read.All", "User.ReadWrite.All"}
USERS_WRITE = frozenset({"User.ReadWrite.All", "Directory.ReadWrite.All"})
GROUPS_READ = _DIRECTORY_READ | {"Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All"}
GROUPS_CREATE = frozenset({"Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"})
GROUPS_WRITE = frozenset({"Group.ReadWrite.All", "Directory.ReadWrite.All"})
MEMBERS_WRITE = GROUPS_WRITE | {"GroupMember.ReadWrite.All"}
APPLICATIONS_READ = _DIRECTORY_READ | {"Application.Read.All", "Application.ReadWrite.All"}
APPLICATIONS_WRITE = frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"})
ASSIGNMENTS_WRITE = frozenset({"AppRoleAssignment.ReadWrite.All"})


def require(request: Request, roles: frozenset[str]) -> Principal:
    """Who asks, if the token carries one of ``roles``. Raises GraphError 403."""
    principal: Principal = request.state.principal
    if not principal.roles & roles:
        raise denied()
    return principal
