from . import branch, bundle, claim, deadline, fee, limitation, remittance, text
