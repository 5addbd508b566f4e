import { expect, it } from 'vitest';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';

/** What each check said of what it must refuse, and then of what it must let pass. */
type Said = Readonly<Record<string, readonly string[]>>;

it.skipIf(peersAreAbsent("what TRL's trainer refuses"))(
  'the trainer refuses what would be trained otherwise in silence, and nothing else',
  () => {
    const said = askPeer<Said>(import.meta.url, 'trainer-refusals.py', {});
    expect(said).toEqual({
      processes: ['the order is for 3 processes and 2 were started', ''],
      offload: [expect.stringContaining('leave --trainer-offload out, or use a GPU'), ''],
      fsdp2: ['sharding fsdp2 is not in effect on this device: use ddp, or GPUs', ''],
      zero3: ['sharding zero3 is not in effect on this device: use ddp, or GPUs', ''],
      decoding: [
        expect.stringContaining('rows of 96 weights are not decoded rightly in 4 bits on CPUs'),
        '',
        '',
      ],
      gathered: [
        '1 of 2 trained tensors were not gathered, such as weight',
        '1 of 2 trained tensors were not gathered, such as weight',
      ],
    });
  },
  PEER_LIMIT_MS,
);
