import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { parseResults, type Results } from '@sipf/runs';
import { expect, it } from 'vitest';
import { renderResults } from './results-markdown.ts';

const run = { runId: 'r', config: parseRunConfig(SMALL_RUN), programs: [], title: 'arithmetic' };
const empty: Results = { seed: 1, rows: [], iterations: [] };
const vllm = { kind: 'vllm', version: '0.32.0', precision: 'bfloat16', device: 'cuda, openai at a:1' };
const trl = {
  ...{ kind: 'trl', version: '1.16.0', precision: '', device: 'trl x 4' },
  ...{ facts: { torch: '2.15.0' }, processes: 4, sharding: 'fsdp2' },
};

it('names the engines that are not our own, each with the stages that it computed', () => {
  const text = renderResults(run, {
    ...empty,
    engines: {
      'sample-1': vllm,
      'label-1': { ...vllm, version: '0.33.0' },
      'align-1': trl,
      'sample-2': vllm,
    },
  });
  expect(text).toContain(
    [
      'Computed by other engines than our own:',
      '',
      '- vllm 0.32.0 bfloat16: sample-1, sample-2',
      '- vllm 0.33.0 bfloat16: label-1',
      '- trl 1.16.0: align-1',
    ].join('\n'),
  );
});

it('says nothing of engines where our own computed all', () => {
  expect(renderResults(run, empty)).not.toContain('engines');
});

it('has in results.json all that the log says of an engine', () => {
  const engines = { 'sample-1': vllm, 'align-1': trl };
  expect(parseResults(JSON.stringify({ ...empty, engines }), 'results.json').engines).toEqual(engines);
});
