import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkCheckpoint } from './check-checkpoint.ts';
import type { TrainingOrder } from './order.ts';

const folder = mkdtempSync(join(tmpdir(), 'sipf-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const orderFile = join(folder, 'order.json');
const checkpointFolder = join(folder, 'checkpoints');

/** What becomes of an order where an earlier attempt has left a checkpoint, or none. */
async function checked(earlier: object, now: object, checkpoints = ['checkpoint-3']): Promise<void> {
  rmSync(checkpointFolder, { recursive: true, force: true });
  for (const name of checkpoints) mkdirSync(join(checkpointFolder, name), { recursive: true });
  writeFileSync(orderFile, JSON.stringify(earlier));
  await checkCheckpoint(orderFile, { ...now, checkpointFolder } as TrainingOrder);
}

it.each([
  [{ sharding: 'ddp', processes: 2 }, { sharding: 'fsdp2', processes: 2 }, 'ddp'],
  [{ sharding: 'fsdp2', processes: 2 }, { sharding: 'ddp', processes: 2 }, 'fsdp2'],
  [{ sharding: 'zero3', processes: 2 }, { sharding: 'zero3', processes: 4 }, 'zero3'],
  [{}, { sharding: 'zero3', processes: 1 }, 'ddp'],
])('refuses the checkpoints of %j for %j, by name', async (earlier, now, named) => {
  await expect(checked(earlier, now)).rejects.toMatchObject({
    reason: 'CHECKPOINT_MISMATCH',
    message: expect.stringContaining(`the settings of ${named}`) as string,
    violations: [{ field: '--trainer-sharding' }],
  });
});

it.each([
  [{ sharding: 'ddp', processes: 2 }, { sharding: 'ddp', processes: 4 }, ['checkpoint-3']],
  [{ sharding: 'fsdp2', processes: 2 }, { sharding: 'fsdp2', processes: 4 }, ['checkpoint-3']],
  [{ sharding: 'ddp', processes: 2 }, { sharding: 'zero3', processes: 2 }, []],
])('resumes those of %j for %j, and starts where there is none: %j', async (earlier, now, checkpoints) => {
  await expect(checked(earlier, now, checkpoints)).resolves.toBeUndefined();
});
