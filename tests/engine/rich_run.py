"""A small project whose run has everything: waits of each kind, attempts, failures, what they block, odd characters."""

RICH = """
import time
from engine.commands import report

FLAKY = Row("busy", within_s=20, first_s=0.3, waiting_for="the server to have time", source="here")
GONE = Row("gone", "permanent", meaning="the server is <gone> & will not come back", advice="start it again")

def network(lab):
    '''The network is there.'''
    return thing("network", "touch holding; sleep 0.5; echo there > world/network", locks=["net"])

def peering(lab):
    '''The peering is there, which takes the same lock a little later.'''
    while not lab.dry and not Path("holding").exists():
        time.sleep(0.01)
    return thing("peering", locks=["net"])

def role(lab):
    '''The role takes effect a little later.'''
    script = "(sleep 0.5; echo there > world/role) >/dev/null 2>&1 &"
    return thing("role", script, settle=Settle(10, "the role to take effect", 0.1, "1 s"))

def flaky(lab):
    '''Works at the second attempt.'''
    script = "test -e tried && echo there > world/flaky || { touch tried; echo busy >&2; exit 1; }"
    command = Command(("sh", "-c", script), retry=Retry((FLAKY,)))
    def judge(answer):
        return Missing("flaky") if isinstance(answer, Absent) else Holds(answer)
    return Goal("the flaky", (fact("flaky"),), judge, (command,))

def bad(lab):
    '''Fails, with odd words.'''
    lab.ask(fact("network"))
    yield thing("good")
    script = "printf 'ERROR: gone <script>alert(1)</script> \\\\033[31m\\\\001 ]]>\\\\n' >&2; exit 3"
    yield Goal("the bad", (), lambda: Missing("bad"), (Command(("sh", "-c", script), retry=Retry((GONE,))),))

network = step(network)
peering = step(peering)
role = step(role, network)
flaky = step(typical(minutes=5)(flaky), network)
bad = step(bad, network)
behind = step(lambda lab: None, bad, name="behind")
last = step(lambda lab: None, behind, role, name="last")
"""
