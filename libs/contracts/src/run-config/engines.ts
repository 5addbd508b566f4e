import { z } from 'zod';
import { BOUNDS, within } from '../bounds.ts';
import { PRECISIONS } from '../devices.ts';
import { optionalDeviceShape } from '../settings/device.ts';
import { bounded, path } from '../settings/fields.ts';

const ADDRESS = /^(?:https?:\/\/[^\s,/]+(?:\/[^\s,]*)?|dns:\/\/\/[^\s,/:]+:\d+(?:\/[^\s,]*)?)$/;
const url = z
  .string()
  .regex(ADDRESS, 'must be http://host:port/v1, https://host:port/v1 or dns:///host:port')
  .describe('up to and without /completions; dns:///host:port is every address of a name');

/** How a server of another is reached. */
const serverShape = {
  urls: z
    .union([url, z.array(url).min(1)])
    .describe('one server, a list of them, or a DNS name whose every address is one: dns:///host:port'),
  keyFile: path.optional().describe('file whose first line is the key to send'),
  concurrency: bounded(BOUNDS.count).optional().describe('requests under way at a time; 64 by default'),
  timeoutMs: bounded(BOUNDS.timeoutMs).optional().describe('longest wait for one answer, in milliseconds'),
  hook: path
    .optional()
    .describe(
      'program that has the servers started with another model: called ' +
        'with its folder and its digest, under which they must then serve it',
    ),
  hookTimeoutMs: bounded(BOUNDS.timeoutMs)
    .optional()
    .describe('longest start by the hook, in milliseconds; 20 minutes by default'),
  precision: z
    .enum(PRECISIONS)
    .optional()
    .describe('what the server must compute in; a plan assumes bfloat16 where it is not said'),
} as const;

const own = z.strictObject({ kind: z.literal('engine'), ...optionalDeviceShape });

/** A training's precision is its own, beside its other settings. */
const ownTrainer = own.omit({ precision: true });

const writerShape = {
  ...serverShape,
  model: z
    .string()
    .min(1)
    .optional()
    .describe("the server's name of the model; by default the digest of its folder"),
  adapter: z
    .enum(['folder', 'digest', 'resolver'])
    .optional()
    .describe(
      'how the server gets an adapter: it is asked to load it, by its folder on storage that both see ' +
        '(the default for one server) or by its digest; or its resolver finds it (the default for several)',
    ),
} as const;

const weights = z
  .enum(['fixed', 'reload'])
  .optional()
  .describe('whether the server keeps its weights, which is the default, or loads those that requests name');

const writer = z.discriminatedUnion('kind', [
  own,
  z.strictObject({ kind: z.literal('vllm'), ...writerShape, weights }),
  z.strictObject({ kind: z.literal('openai'), ...writerShape }),
]);

const verifier = z.discriminatedUnion('kind', [
  own,
  z.strictObject({ kind: z.literal('pooling'), ...serverShape }),
]);

const trainer = z.discriminatedUnion('kind', [
  ownTrainer,
  z
    .strictObject({
      kind: z.literal('trl'),
      python: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Python interpreter with trl, transformers, peft and torch; a path, or a name that PATH knows; python3 by default',
        ),
      command: z
        .string()
        .min(1)
        .optional()
        .describe("program to start instead, with the order's file as its argument"),
      processes: bounded(within(BOUNDS.count, { max: 1024 }))
        .default(1)
        .describe('processes that share a training, a GPU each'),
      sharding: z
        .enum(['ddp', 'fsdp2', 'zero3'])
        .default('ddp')
        .describe('what the processes share: ddp the rows alone; fsdp2 and zero3 weights and states too'),
      offloadActivations: z
        .boolean()
        .optional()
        .describe("keep activations in the host's memory between the passes; on GPUs alone"),
    })
    .refine(({ python, command }) => python === undefined || command === undefined, {
      path: ['command'],
      message: 'must not be there beside python: one of them starts the trainer',
    }),
]);

/** What computes each part of a run's work, and where; results of another engine are other results. */
export const engines = z
  .strictObject({
    policy: writer.default({ kind: 'engine' }).describe('what samples and answers'),
    simulator: writer.default({ kind: 'engine' }).describe('what makes roll-outs'),
    verifier: verifier.default({ kind: 'engine' }).describe('what scores'),
    trainer: trainer.default({ kind: 'engine' }).describe('what trains'),
  })
  .describe(
    "what computes, and where; without this section this program's own engine " +
      'where sipf run starts the services, and whatever the services of --server have',
  );

/** The engines of a run with every default filled in. */
export type EnginesConfig = z.infer<typeof engines>;

/** Our own engine, as a part of a run names it. */
export type OwnEngineConfig = z.infer<typeof own>;

/** The URLs of a server's setting, one or several. */
export function urlsOf({ urls }: { readonly urls: string | readonly string[] }): readonly string[] {
  return typeof urls === 'string' ? [urls] : urls;
}
