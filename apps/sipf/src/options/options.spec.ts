import { bounded, boundOf, BOUNDS, training, violationsOf } from '@sipf/contracts';
import { address, count } from '@sipf/service';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { declareFlags } from './define-command.ts';
import { parseFlags } from './parse-flags.ts';
import { remoteServer } from './server-options.ts';
import { jobSettings, trainingFlags } from './training-options.ts';

const schema = z.object({
  maxNewTokens: count,
  temperature: bounded(BOUNDS.temperature),
  topP: bounded(BOUNDS.share),
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

const aCount = 'must be an integer from 1 to 2147483647';

it.each([
  [{ ...good, maxNewTokens: '0' }, `--max-new-tokens ${aCount}, is 0`],
  [{ ...good, maxNewTokens: '1.5' }, `--max-new-tokens ${aCount}, is 1.5`],
  [{ ...good, maxNewTokens: 'five' }, `--max-new-tokens ${aCount}, is five`],
  [{ ...good, maxNewTokens: '' }, `--max-new-tokens ${aCount}`],
  [{ ...good, temperature: '-1' }, '--temperature must be a number from 0.000001 to 100, is -1'],
  [{ ...good, temperature: 'Infinity' }, '--temperature must be a number from 0.000001 to 100, is Infinity'],
  [{ ...good, topP: '1.1' }, '--top-p must be a number from 0 to 1, is 1.1'],
  [{ ...good, server: 'here' }, '--server must be host:port, e.g. 127.0.0.1:9090, is here'],
  [{ ...good, server: 'here:0' }, '--server must be host:port, e.g. 127.0.0.1:9090, is here:0'],
  [{ maxNewTokens: '5' }, '--temperature is required; --top-p is required'],
])('names the flag that is wrong in %j', (flags, message) => {
  expect(() => parseFlags(schema, flags)).toThrow(message);
});

it('uses TLS where a certificate is named', () => {
  expect(remoteServer({ server: 'a:1' })).toEqual({ address: 'a:1', security: {} });
  expect(remoteServer({ server: 'a:1', caFile: 'ca.pem' })?.security.tls).toMatchObject({ caFile: 'ca.pem' });
  expect(remoteServer({})).toBeUndefined();
});

it.each([
  [{ caFile: 'ca.pem' }, '--ca-file: is for a server, needs --server'],
  [{ tokenFile: 'token' }, '--token-file: is for a server, needs --server'],
  [{ server: 'a:1', keyFile: 'key.pem' }, '--cert-file and --key-file: are needed together'],
  [
    { server: 'a:1', certFile: 'cert.pem', caFile: 'ca.pem' },
    '--cert-file and --key-file: are needed together',
  ],
])('refuses flags of a server that would not be used: %j', (flags, said) => {
  expect(() => remoteServer(flags)).toThrow(said);
});

describe('training jobs', () => {
  function job(...argv: string[]): ReturnType<typeof jobSettings> {
    const command = declareFlags(new Command('train'), trainingFlags).exitOverride();
    command.parse(argv, { from: 'user' });
    return jobSettings(parseFlags(z.object(trainingFlags), command.opts()));
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
    expect(() => job('--objective', 'ppo')).toThrow(
      '--objective must be one of supervised, orpo, dpo, rpo, process-reward, outcome-reward, is ppo',
    );
  });

  const digest = `sha256:${'0'.repeat(64)}`;
  const numbers = Object.entries(trainingFlags).flatMap(([key, field]) => {
    const bound = boundOf(field);
    return bound === undefined ? [] : [[key, bound.min] as const, [key, bound.max] as const];
  });

  it.each(numbers)('with %s at %d, the end of its bound, are jobs that the service takes', (key, end) => {
    const flags = { objective: 'dpo', batchSize: '65536', loraRank: '8', [key]: String(end) };
    const settings = jobSettings(parseFlags(z.object(trainingFlags), flags));
    const spec = { dataset: { digest }, baseModel: { digest }, ...settings };
    const request = training.StartJobRequest.fromPartial({ jobId: 'job', spec });
    expect(violationsOf('/sipf.training.v1.TrainingService/StartJob', request)).toEqual([]);
  });
});
