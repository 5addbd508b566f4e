import type { ServerFacts } from '../server-facts.ts';

/** What a run would ask of servers. */
export interface AskedServers {
  readonly kind: 'vllm' | 'openai' | 'pooling';
  /** As `--backend-url` has them. */
  readonly urls: string;
  readonly keyFile?: string | undefined;
  /** The servers' name of the model; undefined where it is not known yet. */
  readonly name: string | undefined;
  /** How they get adapters; undefined where the run has none for them. */
  readonly adapter?: 'folder' | 'digest' | 'resolver' | undefined;
  /** Whether they are to load weights. */
  readonly reloads: boolean;
  readonly probe: ProbeSize;
}

/** The texts that servers are tried with. */
export interface ProbeSize {
  /** Of the model whose tokens are sent. */
  readonly vocabSize: number;
  /** Tokens of a text that is read. */
  readonly tokens: number;
  /** Requests at a time. */
  readonly requests: number;
}

/** What is wrong with servers, by what it concerns, in words with the remedy. */
export interface ServersFault {
  readonly about: 'model' | 'adapter' | 'weights' | 'kind' | 'vocabulary';
  readonly description: string;
}

/** A throughput that was measured. */
export interface Measured {
  /** Tokens written, or read where servers score, in a second; all servers together. */
  readonly perSecond: number;
  readonly how: string;
}

/** What servers say of themselves, and what a run would find there. */
export interface ServersLook {
  readonly facts: readonly ServerFacts[];
  /** Longest sequence that all of them take; undefined where none says. */
  readonly maxModelLen: number | undefined;
  readonly faults: readonly ServersFault[];
  /** Who does not answer, and why. */
  readonly away: readonly string[];
  /** Undefined where nobody answers, or not in time. */
  readonly measured: Measured | undefined;
}
