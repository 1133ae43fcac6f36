from . import branch, claim, deadline, fee, limitation, text
