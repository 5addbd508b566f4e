import { training } from '@sipf/contracts';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { address, count, positive, share } from './fields.ts';
import { parseFlags } from './parse-flags.ts';
import { remoteServer } from './server-options.ts';
import { addTrainingOptions, jobSettings, trainingShape } from './training-options.ts';

const schema = z.object({
  maxNewTokens: count,
  temperature: positive,
  topP: share,
  server: address.optional(),
});
const good = { maxNewTokens: '5', temperature: '0.5', topP: '1' };

it('reads numbers from text', () => {
  expect(parseFlags(schema, { ...good, server: '[::1]:90' })).toEqual({
    maxNewTokens: 5,
    temperature: 0.5,
    topP: 1,
    server: '[::1]:90',
  });
});

it.each([
  [{ ...good, maxNewTokens: '0' }, '--max-new-tokens is "0": must be a whole number of at least 1'],
  [{ ...good, maxNewTokens: '1.5' }, '--max-new-tokens is "1.5": must be a whole number of at least 1'],
  [{ ...good, maxNewTokens: '' }, '--max-new-tokens is "": must be a whole number of at least 1'],
  [{ ...good, temperature: '-1' }, '--temperature is "-1": must be a number over 0'],
  [{ ...good, temperature: 'Infinity' }, '--temperature is "Infinity": must be a number over 0'],
  [{ ...good, topP: '1.1' }, '--top-p is "1.1": must be a number from 0 to 1'],
  [{ ...good, server: 'here' }, '--server is "here": must be host:port, e.g. 127.0.0.1:9090'],
  [{ ...good, server: 'here:0' }, '--server is "here:0": must be host:port, e.g. 127.0.0.1:9090'],
  [{ maxNewTokens: '5' }, '--temperature is required; --top-p is required'],
])('names the flag that is wrong in %j', (flags, message) => {
  expect(() => parseFlags(schema, flags)).toThrow(message);
});

it('uses TLS where a certificate is named', () => {
  expect(remoteServer({ server: 'a:1' })).toEqual({ address: 'a:1', security: {} });
  expect(remoteServer({ server: 'a:1', caFile: 'ca.pem' })?.security.tls).toMatchObject({ caFile: 'ca.pem' });
  expect(remoteServer({ caFile: 'ca.pem' })).toBeUndefined();
});

describe('training jobs', () => {
  function job(...argv: string[]): ReturnType<typeof jobSettings> {
    const command = addTrainingOptions(new Command('train')).exitOverride();
    command.parse(argv, { from: 'user' });
    return jobSettings(parseFlags(z.object(trainingShape), command.opts()));
  }

  it('have the same defaults as a run', () => {
    expect(job('--objective', 'supervised')).toMatchObject({
      objective: { $case: 'supervised' },
      lora: undefined,
      seed: 1n,
      optimisation: { batchSize: 16, maxGradNorm: 0.3, warmupRatio: 0.1, schedule: training.Schedule.LINEAR },
    });
  });

  it.each([
    ['orpo', { $case: 'preference', value: { loss: training.PreferenceLoss.ORPO, lambda: 0.1 } }],
    ['dpo', { $case: 'preference', value: { loss: training.PreferenceLoss.DPO, beta: 0.1 } }],
    ['rpo', { $case: 'preference', value: { loss: training.PreferenceLoss.RPO, nllWeight: 1 } }],
    ['process-reward', { $case: 'rewardModel', value: { outcomeOnly: false } }],
    ['outcome-reward', { $case: 'rewardModel', value: { outcomeOnly: true } }],
  ])('know the objective %s', (name, objective) => {
    expect(job('--objective', name).objective).toMatchObject(objective);
  });

  it('train an adapter where a rank is given, with alpha twice the rank', () => {
    const { lora } = job(
      '--objective',
      'orpo',
      '--lora-rank',
      '8',
      '--lora-target-modules',
      'q_proj',
      'v_proj',
      '--lora-quantisation',
      'nf4',
    );
    expect(lora).toEqual({
      rank: 8,
      alpha: 16,
      dropout: 0,
      targetModules: ['q_proj', 'v_proj'],
      modulesToSave: [],
      quantisation: training.Quantisation.NF4,
    });
  });

  it('reach whatever saves memory', () => {
    const { optimisation, lora } = job(
      ...['--objective', 'orpo', '--recompute-activations', '--vocabulary-piece', '16384'],
      ...['--precision', 'float16', '--prompt-sharing', 'always', '--accumulation', '4'],
      ...['--lora-rank', '8', '--lora-dropout', '0.1', '--lora-quantisation', 'nf4-double'],
      ...['--lora-modules-to-save', 'embed_tokens', 'lm_head'],
    );
    expect(optimisation).toMatchObject({
      ...{ recomputeActivations: true, vocabularyPiece: 16_384, accumulation: 4 },
      precision: training.Precision.FLOAT16,
      promptSharing: training.PromptSharing.ALWAYS,
    });
    expect(lora).toMatchObject({
      ...{ dropout: 0.1, modulesToSave: ['embed_tokens', 'lm_head'] },
      quantisation: training.Quantisation.NF4_DOUBLE,
    });
    const head = job('--objective', 'process-reward', '--head-only', '--head-quantisation', 'int8');
    expect(head.objective).toMatchObject({
      value: { headOnly: true, quantisation: training.Quantisation.INT8 },
    });
  });

  it('refuse an objective that there is not', () => {
    expect(() => job('--objective', 'ppo')).toThrow('--objective is "ppo": must be one of supervised, orpo');
  });
});
