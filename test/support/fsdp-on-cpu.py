"""Runs a trainer's script (argv) with FSDP on CPUs. For tests alone: accelerate shards on accelerators, and lets DDP do it elsewhere."""

import runpy
import sys
from pathlib import Path

from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType

construct = AcceleratorState.__init__


def construct_sharded(self, *args, fsdp_plugin=None, **kwargs):
    construct(self, *args, fsdp_plugin=fsdp_plugin, **kwargs)
    if fsdp_plugin is None or self.distributed_type != DistributedType.MULTI_CPU:
        return
    shared = {"distributed_type": DistributedType.FSDP, "fsdp_plugin": fsdp_plugin}
    self.distributed_type, self.fsdp_plugin = shared.values()
    AcceleratorState._shared_state.update(shared)
    PartialState._shared_state["distributed_type"] = DistributedType.FSDP


AcceleratorState.__init__ = construct_sharded
script = sys.argv[1]
sys.argv = sys.argv[1:]
sys.path.insert(0, str(Path(script).parent))
runpy.run_path(script, run_name="__main__")
