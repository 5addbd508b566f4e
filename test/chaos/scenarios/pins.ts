import type { Trip } from '../preload/trips.ts';
import type { ServiceName } from '../system/chaos-system.ts';

/** A death at a pinned state. */
export interface Pin {
  /** Who meets the state. */
  readonly process: ServiceName;
  /** Who dies. @default the process */
  readonly victim?: 'nats' | 'a worker thread';
  readonly state: string;
  readonly trip: Omit<Trip, 'id' | 'victim'>;
}

/** Pins of one run, by a name; those of a process are met one after the other. */
export type PinGroup = Readonly<Record<string, readonly Pin[]>>;

const LOG = '/log\\.jsonl$';
const BLOB = '/blobs/';
const CHECKPOINT = '/checkpoint\\.safetensors$';
const CHECKPOINT_DRAFT = '/\\.checkpoint\\.safetensors\\..*tmp$';

const orchestrator = (state: string, trip: Pin['trip']): Pin => ({ process: 'orchestration', state, trip });
const trainer = (state: string, trip: Pin['trip']): Pin => ({ process: 'training', state, trip });

/** The most revealing pins; all in one run. */
export const revealing: readonly Pin[] = [
  orchestrator('a log without an entry', { call: 'open', path: LOG, when: 'after' }),
  orchestrator('between log and event', { call: 'datasync', path: LOG, nth: 4, when: 'after' }),
  orchestrator("half a line of a stage's journal", {
    ...{ call: 'appendFile', path: 'stages/sample-1\\.jsonl$', nth: 2, when: 'half' },
  }),
  {
    process: 'generation',
    state: 'mid-stream',
    trip: { call: 'answer', path: '/Generate$', nth: 7, when: 'after' },
  },
  trainer('half a checkpoint', { call: 'writeFile', path: CHECKPOINT_DRAFT, nth: 3, when: 'half' }),
  trainer("before an artifact's rename", { call: 'rename', path: BLOB, nth: 2, when: 'before' }),
];

/** Every pin, a run for each group. */
export const pinGroups: PinGroup = {
  'start of a run': [
    orchestrator('the config without a log', { call: 'rename', path: '/config\\.json$', when: 'after' }),
    orchestrator('half a claim', { call: 'writeFile', path: '/lease/\\.[^/]+\\.tmp$', when: 'half' }),
    orchestrator('a log without an entry', { call: 'open', path: LOG, when: 'after' }),
    orchestrator('half of the first entry', { call: 'appendFile', path: LOG, when: 'half' }),
  ],
  'the log': [
    orchestrator('between log and event: a stage starts', {
      call: 'datasync',
      path: LOG,
      nth: 2,
      when: 'after',
    }),
    orchestrator('between log and event: a stage ends', {
      call: 'datasync',
      path: LOG,
      nth: 3,
      when: 'after',
    }),
    orchestrator('before an entry is on disk', { call: 'datasync', path: LOG, nth: 3, when: 'before' }),
    orchestrator('half an entry', { call: 'appendFile', path: LOG, nth: 4, when: 'half' }),
    orchestrator('half a line of a journal', {
      ...{ call: 'appendFile', path: 'stages/sample-1\\.jsonl$', nth: 2, when: 'half' },
    }),
    orchestrator('a line of a journal that nobody heard of', {
      ...{ call: 'datasync', path: 'stages/score-1\\.jsonl$', nth: 2, when: 'after' },
    }),
  ],
  'artifacts of the orchestrator': [
    orchestrator("before an artifact's rename", { call: 'rename', path: BLOB, nth: 2, when: 'before' }),
    orchestrator("after an artifact's rename", { call: 'rename', path: BLOB, nth: 3, when: 'after' }),
    orchestrator('half an artifact', { call: 'sync', path: '/temporary/', nth: 4, when: 'before' }),
    orchestrator('before the rename of the results', {
      call: 'rename',
      path: '/results\\.json$',
      when: 'before',
    }),
  ],
  training: [
    trainer("before a job's file is in place", { call: 'rename', path: '/job\\.json$', when: 'before' }),
    trainer('a job that nobody heard of', { call: 'rename', path: '/job\\.json$', when: 'after' }),
    trainer('half a checkpoint', { call: 'writeFile', path: CHECKPOINT_DRAFT, nth: 3, when: 'half' }),
    trainer("before a checkpoint's rename", { call: 'rename', path: CHECKPOINT, when: 'before' }),
    trainer("after a checkpoint's rename", { call: 'rename', path: CHECKPOINT, when: 'after' }),
  ],
  'end of a job': [
    trainer('a model without its name', { call: 'rename', path: '/output', when: 'before' }),
    trainer("before an artifact's rename", { call: 'rename', path: BLOB, nth: 2, when: 'before' }),
    trainer("after an artifact's rename", { call: 'rename', path: BLOB, nth: 1, when: 'after' }),
    trainer('metrics without an end', { call: 'rename', path: '/metrics\\.jsonl$', when: 'after' }),
    {
      ...trainer("at a checkpoint's rename", { call: 'rename', path: CHECKPOINT, nth: 1, when: 'before' }),
      victim: 'a worker thread',
    },
  ],
  'mid-stream': [
    {
      process: 'generation',
      state: 'mid-stream',
      trip: { call: 'answer', path: '/Generate$', nth: 7, when: 'after' },
    },
    {
      ...{ process: 'generation', victim: 'a worker thread', state: 'between two samples' },
      trip: { call: 'post', path: '', nth: 40, when: 'before' },
    },
    {
      process: 'generation',
      state: "before the rename of a model's folder",
      trip: { call: 'rename', path: '/folders/', when: 'before' },
    },
    {
      process: 'simulation',
      state: 'mid-stream',
      trip: { call: 'answer', path: '/LabelSteps$', nth: 2, when: 'before' },
    },
    {
      process: 'execution',
      state: 'mid-stream',
      trip: { call: 'answer', path: '/Execute', nth: 5, when: 'before' },
    },
    {
      process: 'verification',
      state: 'before its answer',
      trip: { call: 'answer', path: '/Score$', nth: 2, when: 'before' },
    },
  ],
  events: [
    {
      ...{ process: 'orchestration', victim: 'nats', state: 'between log and event: a stage starts' },
      trip: { call: 'datasync', path: LOG, nth: 2, when: 'after' },
    },
    {
      ...{ process: 'orchestration', victim: 'nats', state: 'between log and event: a stage ends' },
      trip: { call: 'datasync', path: LOG, nth: 9, when: 'after' },
    },
  ],
};
