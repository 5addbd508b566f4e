import { expect, it } from 'vitest';
import { filteredProbabilities } from './distribution.ts';
import { penaliseRepetition } from './repetition-penalty.ts';

const logits = Float32Array.from([0.1, 2, -1, 1.5, 0.7, -3, 2]);
const seen = [1, 5, 5, 2];

/** What the processors of transformers 5.18 make of these logits after the ids above, by a softmax in double precision. */
const RECORDED = [
  [{ minP: 0.3 }, [0, 0.383652, 0, 0.232697, 0, 0, 0.383652]],
  [{ temperature: 2, topP: 0.9, minP: 0.5 }, [0, 0.302953, 0, 0.23594, 0.158155, 0, 0.302953]],
  [{ penalty: 1.5 }, [0.058113, 0.199482, 0.011733, 0.23566, 0.105889, 0.000584, 0.388538]],
  [{ penalty: 1.5, temperature: 0.5, topK: 3, minP: 0.2 }, [0, 0.16157, 0, 0.225489, 0, 0, 0.612942]],
  [{ penalty: 0.8 }, [0.03988, 0.439607, 0.016214, 0.161723, 0.072667, 0.003274, 0.266635]],
] as const;

it.each(RECORDED)('draws with %o as transformers does', (settings, expected) => {
  const { penalty, ...filters } = { penalty: 1, temperature: 1, topK: 0, topP: 1, minP: 0, ...settings };
  const probabilities = filteredProbabilities(penaliseRepetition(logits, seen, penalty), filters);
  expect(Array.from(probabilities, (value) => Number(value.toFixed(6)))).toEqual([...expected]);
});
