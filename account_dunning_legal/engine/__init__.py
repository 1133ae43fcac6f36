from . import claim, limitation
