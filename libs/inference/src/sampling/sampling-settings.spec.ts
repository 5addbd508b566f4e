import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { resolveSampling, samplingKind } from './sampling-settings.ts';

it('fills in defaults and the model’s end tokens', () => {
  expect(resolveSampling({ maxNewTokens: 3 }, [2])).toEqual({
    greedy: false,
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    maxNewTokens: 3,
    stopStrings: [],
    stopTokenIds: [2],
  });
});

it('names every wrong field at once', () => {
  const filters = { temperature: -1, topK: 1.5, topP: 0, minP: 2, repetitionPenalty: 0 };
  const wrong = { ...filters, maxNewTokens: -1, stopStrings: [''] };
  try {
    resolveSampling(wrong, []);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(SipfError);
    expect((error as SipfError).violations.map(({ field }) => field)).toEqual([
      'sampling.temperature',
      'sampling.topK',
      'sampling.topP',
      'sampling.minP',
      'sampling.repetitionPenalty',
      'sampling.maxNewTokens',
      'sampling.stopStrings',
    ]);
  }
});

it('ignores the filters of a greedy request', () => {
  expect(samplingKind(resolveSampling({ greedy: true, temperature: 0, maxNewTokens: 1 }, []))).toBe('greedy');
});

it('needs logits on the host only where no softmax of the graph is the distribution', () => {
  const kind = (settings: object) => samplingKind(resolveSampling({ maxNewTokens: 1, ...settings }, []));
  const filters = [{ topK: 5 }, { topP: 0.9 }, { minP: 0.1 }, { repetitionPenalty: 1.2, greedy: true }];
  expect([kind({}), kind({ temperature: 0.7 }), ...filters.map(kind)]).toEqual([
    'drawn',
    'tempered',
    'filtered',
    'filtered',
    'filtered',
    'filtered',
  ]);
});
