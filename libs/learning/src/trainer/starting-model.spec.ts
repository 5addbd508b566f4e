import { toHuggingFaceConfig } from '@sipf/models';
import { EVERY_FAMILY, tinyFamily } from '@sipf/models/testing';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openStartingModel } from './starting-model.ts';
import { temporaryFolder, removeTemporaryFolders } from './testing/tiny-base.ts';
import { jobOn } from './testing/tiny-jobs.ts';

afterAll(removeTemporaryFolders);

it.each(EVERY_FAMILY)(
  'starts a %s without weights as transformers does: norms neutral, matrices of the deviation that its file says',
  async (modelType) => {
    const configFolder = join(temporaryFolder(), 'config');
    mkdirSync(configFolder);
    const config = { ...tinyFamily(modelType), initialDeviation: 3 };
    writeFileSync(join(configFolder, 'config.json'), JSON.stringify(toHuggingFaceConfig(config, 'float32')));
    const start = { kind: 'scratch', configFolder } as const;
    const model = await openStartingModel(jobOn(configFolder, { start }));
    const gain = modelType.startsWith('gemma') ? 0 : 1;
    expect(new Set(model.read('model.layers.0.input_layernorm.weight'))).toEqual(new Set([gain]));
    const squares = model.read('model.embed_tokens.weight').map((value) => value * value);
    expect(Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / squares.length)).toBeGreaterThan(2);
    model.close();
  },
);
