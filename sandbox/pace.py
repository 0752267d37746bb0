"""How long things take: Azure's typical durations, scaled. 0 is as fast as the machine allows, 1 is Azure's
own pace."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """``factor`` scales every duration that the sandbox plays (seconds in, scaled seconds out)."""

    factor: float = 0.0

    def scaled(self, seconds: float) -> float:
        return seconds * self.factor

    async def sleep(self, seconds: float) -> None:
        """Wait as long as Azure would take for something that lasts ``seconds`` there."""
        if self.factor:
            await asyncio.sleep(self.scaled(seconds))
