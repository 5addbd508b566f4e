import { assertNever } from '@sipf/errors';
import type { Rng } from '@sipf/random';
import type { DecoderConfig, TokenClassificationHead } from '../config/decoder-config.ts';
import { mlpScoreShapes } from './mlp-score-head.ts';

/** Shapes of the head's own tensors by Hugging Face name; none for an LM head that is tied to the embedding. */
export function headParameterShapes(config: DecoderConfig): Map<string, readonly number[]> {
  const { head } = config;
  if (head === 'lm' || head.kind === 'token-pair') return lmHeadShapes(config);
  if (head.kind === 'mlp-score') return mlpScoreShapes(config, head);
  const { features } = head;
  switch (features) {
    case 'hidden':
      return scoreShapes(config, head);
    case 'hidden+confidence':
      return new Map([
        ...lmHeadShapes(config),
        ...scoreShapes(config, head),
        ['score_confidence.weight', [head.numLabels, 1]],
      ]);
    default:
      return assertNever(features);
  }
}

/** Names of the tensors that a fresh verifier head starts from, and that are trained beside an adapter. */
export function verifierHeadNames(config: DecoderConfig): readonly string[] {
  return [...headParameterShapes(config).keys()].filter((name) => name.startsWith('score'));
}

/**
 * A fresh verifier head: weights normal with deviation 0.02, bias 0 (as transformers starts it). The weight of the
 * confidence is +1 towards "correct" and -1 towards "wrong" over the number of labels: a path that the model itself
 * finds unlikely starts as less credible.
 */
export function initialVerifierHead(config: DecoderConfig, rng: Rng): Map<string, Float32Array> {
  const shapes = headParameterShapes(config);
  return new Map(
    verifierHeadNames(config).map((name) => [name, initialTensor(name, shapes.get(name) ?? [], rng)]),
  );
}

function initialTensor(name: string, shape: readonly number[], rng: Rng): Float32Array {
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  if (name.endsWith('.bias')) return values;
  if (name === 'score_confidence.weight') {
    return values.map((_, label) => (values.length === 1 ? 1 : label === 1 ? 0.5 : -0.5));
  }
  const stream = rng.split(name);
  return values.map(() => 0.02 * stream.normal());
}

function lmHeadShapes({
  tieWordEmbeddings,
  vocabSize,
  hiddenSize,
  lmHeadBias = false,
}: DecoderConfig): Map<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ...(tieWordEmbeddings ? [] : [['lm_head.weight', [vocabSize, hiddenSize]] as const]),
    ...(lmHeadBias ? [['lm_head.bias', [vocabSize]] as const] : []),
  ]);
}

/** Names of the LM head's own tensors; in a verifier they only feed the confidence, and nothing trains them. */
export function lmHeadNames(config: DecoderConfig): readonly string[] {
  return [...lmHeadShapes(config).keys()];
}

function scoreShapes({ hiddenSize }: DecoderConfig, { numLabels }: TokenClassificationHead) {
  return new Map<string, readonly number[]>([
    ['score.weight', [numLabels, hiddenSize]],
    ['score.bias', [numLabels]],
  ]);
}
