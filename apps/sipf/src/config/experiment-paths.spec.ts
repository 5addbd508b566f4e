import { expect, it } from 'vitest';
import { experimentPaths } from './experiment-paths.ts';

it('starts the relative paths of a section at its folder, wherever they stand, and changes nothing else', () => {
  const section = {
    methods: ['sipf'],
    vary: {
      'policy.model': ['models/a', '/b', 'models/c'],
      'task.exemplars': ['shots.json'],
      'simulator.model': ['policy', 'models/s'],
      'alignment.lambda': [0.1, 1],
      'verifier.base': ['simulator', { model: 'models/v' }],
    },
    alternatives: [
      { 'task.train': 'train.jsonl', 'pairs.level': 'step' },
      { policy: { model: 'm', lora: { rank: 2 } } },
      { 'verifier.base.model': 'models/w' },
      { 'evaluation.outOfDomain': [{ name: 'humaneval', data: ['h.jsonl', '/i.jsonl'] }] },
    ],
    settings: { srf: { 'simulator.model': 'models/s', 'sft.epochs': 2 } },
  };
  expect(experimentPaths(section, '/at')).toEqual({
    methods: ['sipf'],
    vary: {
      'policy.model': ['/at/models/a', '/b', '/at/models/c'],
      'task.exemplars': ['/at/shots.json'],
      'simulator.model': ['policy', '/at/models/s'],
      'alignment.lambda': [0.1, 1],
      'verifier.base': ['simulator', { model: '/at/models/v' }],
    },
    alternatives: [
      { 'task.train': '/at/train.jsonl', 'pairs.level': 'step' },
      { policy: { model: '/at/m', lora: { rank: 2 } } },
      { 'verifier.base.model': '/at/models/w' },
      { 'evaluation.outOfDomain': [{ name: 'humaneval', data: ['/at/h.jsonl', '/i.jsonl'] }] },
    ],
    settings: { srf: { 'simulator.model': '/at/models/s', 'sft.epochs': 2 } },
  });
});

it.each([
  [undefined],
  [null],
  ['all'],
  [{ vary: 3, alternatives: 'x', settings: [] }],
  [{ vary: { policy: 1, task: [null, 'x'], evaluation: [{ outOfDomain: 'x' }] }, alternatives: [7, null] }],
])('leaves %j to the schema', (section) => {
  expect(experimentPaths(section, '/at')).toEqual(section);
});
