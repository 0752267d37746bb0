"""Resource ids, ``/subscriptions/S/resourceGroups/G/providers/NS/type/name[/child/name]``, taken apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResourceId:
    """A resource's place. ``type`` is e.g. ``Microsoft.Network/dnsZones/A``; ``scope`` what it extends or lies in."""

    text: str

    @property
    def key(self) -> str:
        """The id as the store's key: ids are compared without case."""
        return self.text.lower()

    @property
    def _parts(self) -> list[str]:
        return self.text.strip("/").split("/")

    @property
    def scope(self) -> str:
        """What stands before the last ``/providers/`` (for extension resources and the resource group of others)."""
        head, separator, _ = self.text.rpartition("/providers/")
        return head if separator else ""

    @property
    def type(self) -> str:
        _, separator, tail = self.text.rpartition("/providers/")
        if not separator:
            parts = self._parts
            if len(parts) == 4 and parts[2].lower() == "resourcegroups":
                return "Microsoft.Resources/resourceGroups"
            return "Microsoft.Resources/subscriptions"
        parts = tail.split("/")
        return "/".join([parts[0], *parts[1::2]])

    @property
    def name(self) -> str:
        return self._parts[-1]

    @property
    def names(self) -> list[str]:
        """The names along the type's path: [zone, record] for a DNS record set."""
        _, separator, tail = self.text.rpartition("/providers/")
        return tail.split("/")[2::2] if separator else [self.name]

    @property
    def subscription(self) -> str:
        parts = self._parts
        return parts[1] if len(parts) > 1 and parts[0].lower() == "subscriptions" else ""

    @property
    def group(self) -> str:
        """The resource group's name, empty for what lies outside of one."""
        parts = self._parts
        return parts[3] if len(parts) > 3 and parts[2].lower() == "resourcegroups" else ""

    @property
    def parent(self) -> "ResourceId":
        """The resource that a child type lies in; the resource group (or subscription) for a top-level one."""
        _, _, tail = self.text.rpartition("/providers/")
        if len(tail.split("/")) > 3:
            return ResourceId(self.text.rsplit("/", 2)[0])
        return ResourceId(self.scope)
