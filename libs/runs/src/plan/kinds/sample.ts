import { NEEDED_SECTIONS } from '@sipf/contracts';
import type { Stage as RecipeStage } from '@sipf/method';
import type { z } from 'zod';
import { MORE_RIGHT, rows, unasked } from './parts.ts';
import { counts, figures, optionalCounts, outputs } from './result-shapes.ts';
import { stageKind, type NothingToLearn, type StageFacts } from './stage-kind.ts';

const MORE_WRONG =
  'draw more paths (sampling.pathsPerQuestion) at a higher sampling.temperature, or ask harder questions';

/**
 * `positive` and `negative` are the right and the wrong paths that are kept; `unasked` are questions that fill the policy with
 * their prompt.
 */
const found = counts('drawn', 'unique', 'positive', 'negative').extend(
  optionalCounts('unknown', 'unasked').shape,
);

/** P_k: paths of M_{k-1}, labelled by outcome (Eq. 1). */
export const sample = stageKind({
  description: 'own reasoning paths, labelled by outcome (Eq. 1)',
  method: 'sample',
  version: 1,
  reads: {},
  data: ['loop', 'policy'],
  settings: ['sampling', 'chatDay'],
  needed: NEEDED_SECTIONS.sample,
  asks: { service: 'generation', model: 'policy' },
  outputs: outputs('paths'),
  counts: found,
  figures: figures(),
  oddities: unasked,
  boundary: ({ outputs: { paths }, counts: { positive, negative } }: Sampled) => ({
    $case: 'sampled',
    value: { paths: rows(paths), count: BigInt(positive + negative) },
  }),
  hopeless: ({ drawn, positive, negative }: Sampled['counts'], stage: StageFacts<unknown>, readers) => {
    const needs = needsOf(stage, readers);
    if (needs.right && positive === 0) return { what: `none of ${drawn} paths is right`, remedy: MORE_RIGHT };
    if (!needs.wrong || negative > 0) return undefined;
    const what = `none of ${drawn} paths is wrong, so there is nothing to prefer`;
    return { what, remedy: MORE_WRONG } satisfies NothingToLearn;
  },
});

interface Sampled {
  readonly outputs: { readonly paths: string };
  readonly counts: z.infer<typeof found>;
}

/** What the stages after a sampling cannot do without. */
interface Needs {
  readonly right: boolean;
  readonly wrong: boolean;
}

/** Later iterations of a set that accumulates have what the earlier ones left. */
function needsOf({ iteration }: Pick<StageFacts, 'iteration'>, readers: readonly RecipeStage[]): Needs {
  const isOnItsOwn = (accumulate: boolean): boolean => iteration === 1 || !accumulate;
  const pairs = readers.some(
    (reader) => reader.kind === 'pair' && reader.pairing !== 'reward' && isOnItsOwn(reader.accumulate),
  );
  const own = readers.some((reader) => reader.kind === 'filter' && isOnItsOwn(reader.accumulate));
  return { right: pairs || own, wrong: pairs };
}
