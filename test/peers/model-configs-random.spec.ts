import { parameterShapes, parseDecoderConfig, saveModelFolder, type ModelType } from '@sipf/models';
import { EVERY_FAMILY, tinyFamilyFields, tinyParameters } from '@sipf/models/testing';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/models.ts';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';
import { CONFIG_PIECES } from './support/config-pieces.ts';
import { folderLogits, largestDifference } from './support/model-logits.ts';

const TOLERANCE = 1e-4;
/** Shorter and longer than the 8 tokens that every scaling begins with. */
const ROWS = [
  [1, 3, 5, 7, 2],
  [1, 3, 5, 7, 2, 9, 10, 4, 6, 8, 3, 3],
];
const PER_FAMILY = 8;
const REFUSAL = { reason: expect.any(String) as string, violations: expect.any(Array) as unknown };
const folder = temporaryFolder();
afterAll(folder.remove);

type Fields = Readonly<Record<string, unknown>>;

interface Drawn {
  readonly name: string;
  readonly folder: string;
  readonly fields: Fields;
}

/** What suits transformers too: Phi-3's heads are D / H wide, and no cap is an integer. */
function plainFields(modelType: ModelType): Fields {
  const phi = { hidden_size: 32, head_dim: 8, original_max_position_embeddings: 8 };
  return {
    ...tinyFamilyFields(modelType),
    ...(modelType.startsWith('phi') ? phi : {}),
    ...(modelType === 'gemma2' ? { final_logit_softcapping: 2.5 } : {}),
  };
}

const pieces = fc
  .subarray(Object.keys(CONFIG_PIECES), { minLength: 1, maxLength: 3 })
  .chain((names) =>
    fc.record(
      Object.fromEntries(names.map((name) => [name, fc.constantFrom(...(CONFIG_PIECES[name] ?? []))])),
    ),
  );

/** The weights of a family's plain configuration under a config.json that says more. */
async function draw(modelType: ModelType, fields: Fields, index: number): Promise<Drawn> {
  const plain = plainFields(modelType);
  const config = parseDecoderConfig(plain);
  const shapes = parameterShapes(config);
  const tensors = new Map(
    [...tinyParameters(config)].map(
      ([tensor, data]) => [tensor, { dtype: 'float32', shape: shapes.get(tensor) ?? [], data }] as const,
    ),
  );
  const name = `${modelType} ${index}`;
  const dir = join(folder.path, name);
  await saveModelFolder(dir, { config, tensors });
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...plain, ...fields }));
  return { name, folder: dir, fields };
}

describe.skipIf(peersAreAbsent('configurations of chance and transformers'))(
  'a config.json of chance',
  () => {
    it(
      'gives the logits of transformers, or is refused by the name of a field or a tensor',
      async () => {
        const { seed } = fc.readConfigureGlobal();
        const drawn = await Promise.all(
          EVERY_FAMILY.flatMap((modelType, family) =>
            fc
              .sample(pieces, { numRuns: PER_FAMILY, seed: (seed ?? 1) + family })
              .map((fields, index) => draw(modelType, fields, index)),
          ),
        );
        const answers = askPeer<Record<string, { readonly logits?: number[][] }>>(
          import.meta.url,
          './model-configs.py',
          { rows: ROWS, open: drawn },
        );
        let computed = 0;
        for (const { name, folder: dir, fields } of drawn) {
          const theirs = answers[name]?.logits;
          const said = `${name}: ${JSON.stringify(fields)}`;
          const ours = await folderLogits(dir, ROWS).catch((error: unknown) => {
            expect(error, said).toMatchObject(REFUSAL);
          });
          if (ours === undefined || theirs === undefined) continue;
          expect(largestDifference(ours, theirs), said).toBeLessThan(TOLERANCE);
          computed++;
        }
        expect(computed).toBeGreaterThan(EVERY_FAMILY.length);
      },
      PEER_LIMIT_MS,
    );
  },
);
