import { toHuggingFaceConfig, type HeadConfig } from '@sipf/models';
import { tinyConfig } from '@sipf/models/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkStart } from './check-result.ts';
import type { TrainingOrder } from './order.ts';

/** What becomes of an order that starts from a model with this head. */
async function checked(head: HeadConfig): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-test-'));
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify(toHuggingFaceConfig(tinyConfig({ head }), 'float32')),
  );
  const start = { folder, adapterFolder: null, digest: 'sha256:0', fresh: false };
  await checkStart({ start, lora: null } as unknown as TrainingOrder).finally(() => {
    rmSync(folder, { recursive: true });
  });
}

it('refuses to go on with a head that the trainer would train without a part of it', async () => {
  await expect(checked({ kind: 'mlp-score', numLabels: 2, features: 'hidden' })).rejects.toMatchObject({
    reason: 'UNSUPPORTED_ARCHITECTURE',
    violations: [{ field: 'config.json/architectures' }],
  });
});

it.each([
  'lm',
  { kind: 'token-classification', numLabels: 2, features: 'hidden' },
  { kind: 'token-classification', numLabels: 2, features: 'hidden+confidence' },
] as const)('goes on with a head that the trainer computes: %j', async (head) => {
  await expect(checked(head)).resolves.toBeUndefined();
});
