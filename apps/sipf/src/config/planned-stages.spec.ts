import { expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../repository.ts';
import { loadRunConfig } from './load-run-config.ts';
import { plannedStages } from './planned-stages.ts';

async function idsFor(...overrides: string[]): Promise<string[]> {
  const config = await loadRunConfig({ file: DEFAULT_CONFIG, overrides, cwd: '/', checkFiles: true });
  return plannedStages(config).map(({ id }) => id);
}

it("plans the bundled configuration's stages in the order of Algorithm 1, and says what each does", async () => {
  expect(await idsFor('iterations=2')).toEqual([
    ...['data', 'simulator', 'sft-0', 'evaluate-0'],
    ...['sample-1', 'label-1', 'train-verifier-1', 'score-1', 'pair-1', 'align-1', 'evaluate-1'],
    ...['sample-2', 'score-2', 'pair-2', 'align-2', 'evaluate-2'],
    ...['continued-sft', 'evaluate-continued-sft', 'report'],
  ]);
});

it('follows the choices of the configuration', async () => {
  const plain = 'continuedSftEpochs=null';
  expect(await idsFor('method=sft', plain)).toEqual(['data', 'sft-0', 'evaluate-0', 'report']);
  const refreshed = await idsFor('iterations=2', 'verifier.refresh=every-iteration');
  expect(refreshed).toContain('train-verifier-2');
  expect(await idsFor('simulator={model: policy}')).not.toContain('simulator');
});
