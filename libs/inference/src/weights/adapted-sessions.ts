import { toOnnxModel, type Graph } from '@sipf/graph';
import type { DecoderConfig } from '@sipf/models';
import pLimit from 'p-limit';
import { computesNothing, plainnessOf, type SessionOptions } from '../session/execution-provider.ts';
import type { ExternalTensors } from '../session/external-tensors.ts';
import type { Placement } from '../session/placement.ts';
import {
  openSession,
  sessionTensor,
  type Session,
  type SessionTensor,
  type SessionTensors,
} from '../session/session.ts';
import type { AdapterForm } from './adapter-inputs.ts';
import { withoutAdapter, type OpenAdapter } from './open-adapter.ts';

/** A graph over a model's weights, and where the session on it finds them. */
export interface WeightedGraph {
  readonly graph: Graph;
  readonly external: ExternalTensors;
}

/** How the sessions of one base are made. */
export interface AdaptedSessionsOptions<Kind> {
  readonly config: DecoderConfig;
  readonly session: SessionOptions;
  /** Whether the base's session takes adapters before there are any, and so stays as long as they come and go. @default false */
  readonly takesAdapters?: boolean;
  /** @param form the adapters whose tensors are inputs; undefined for the base alone */
  readonly build: (kind: Kind, form: AdapterForm | undefined) => WeightedGraph;
}

/**
 * Runs one graph with one adapter, or with none, unless the signal aborts before its turn: it then throws the signal's reason.
 */
export type AdaptedRun = (inputs: SessionTensors, signal?: AbortSignal) => Promise<SessionTensors>;

interface OpenSession {
  readonly session: Session;
  /** Whether adapters' tensors are inputs. */
  readonly isAdaptable: boolean;
}

/** The form of adapters that replace nothing: the base itself runs in their session. */
const PLAIN = '';

/**
 * The sessions over one base's weights, by kind of graph. A base holds its weights once a kind: the first adapter that
 * replaces no tensor turns the base's session into one that takes adapters, in which the base runs with rank 0, to the same
 * bits. Adapters that replace tensors (a verifier's head) share a session of their own, which ends with the last of them.
 */
export class AdaptedSessions<Kind extends string> {
  readonly #options: AdaptedSessionsOptions<Kind>;
  readonly #adapters = new Map<string, OpenAdapter>();
  readonly #sessions = new Map<string, OpenSession>();
  readonly #without: ReadonlyMap<string, SessionTensor>;
  /** Runs, openings and closings, one after the other. */
  readonly #inTurn = pLimit(1);

  constructor(options: AdaptedSessionsOptions<Kind>) {
    this.#options = options;
    this.#without = this.#fit(withoutAdapter(options.config));
  }

  /** Opens the base's session, or an adapter's, ahead of its first run. */
  prepare(kind: Kind, adapter?: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#session(kind, adapter);
    });
  }

  /** Takes an adapter under a name. */
  attach(name: string, adapter: OpenAdapter): void {
    this.#adapters.set(name, { ...adapter, tensors: this.#fit(adapter.tensors) });
  }

  /** Forgets an adapter, and the session that it was the last of; does nothing where it is not known. */
  detach(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const adapter = this.#adapters.get(name);
      this.#adapters.delete(name);
      if (adapter === undefined) return;
      const form = formKey(adapter);
      const isNeeded = [...this.#adapters.values()].some((other) => formKey(other) === form);
      if (form === PLAIN || isNeeded) return;
      for (const key of [...this.#sessions.keys()]) if (key.endsWith(`/${form}`)) await this.#close(key);
    });
  }

  /** Runs of a kind of graph with an adapter, or with the base alone. @throws Error for an adapter that is not attached */
  runOf(kind: Kind, adapter?: string): AdaptedRun {
    return (inputs, signal) =>
      this.#inTurn(async () => {
        signal?.throwIfAborted();
        const { session, isAdaptable } = await this.#session(kind, adapter);
        if (!isAdaptable) return await session.run(inputs);
        const tensors = adapter === undefined ? this.#without : this.#adapter(adapter).tensors;
        return await session.run({ ...inputs, ...fed(session, tensors) });
      });
  }

  /** Where the base's session of a kind computes; known once it has run on a device. */
  placement(kind: Kind): Placement | undefined {
    return this.#sessions.get(`${kind}/${PLAIN}`)?.session.placement;
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const key of [...this.#sessions.keys()]) await this.#close(key);
    });
  }

  async #session(kind: Kind, name: string | undefined): Promise<OpenSession> {
    const adapter = name === undefined ? undefined : this.#adapter(name);
    const key = `${kind}/${adapter === undefined ? PLAIN : formKey(adapter)}`;
    const open = this.#sessions.get(key);
    if (open !== undefined && (open.isAdaptable || adapter === undefined)) return open;
    // Before the next is opened: the base's weights would be there twice.
    if (open !== undefined) await this.#close(key);
    const { build, session: options, config, takesAdapters = false } = this.#options;
    const form = adapter ?? (takesAdapters ? { config, savedTensors: [] } : undefined);
    const { graph, external } = build(kind, form);
    const session = await openSession(
      toOnnxModel(graph, plainnessOf(options.device ?? 'cpu')),
      options,
      external,
    );
    const opened = { session, isAdaptable: form !== undefined };
    this.#sessions.set(key, opened);
    return opened;
  }

  #fit(tensors: OpenAdapter['tensors']): OpenAdapter['tensors'] {
    return computesNothing(this.#options.session.device ?? 'cpu') ? tensors : withoutEmpty(tensors);
  }

  #adapter(name: string): OpenAdapter {
    const adapter = this.#adapters.get(name);
    if (adapter === undefined) throw new Error(`the adapter ${name} is not attached`);
    return adapter;
  }

  async #close(key: string): Promise<void> {
    const open = this.#sessions.get(key);
    this.#sessions.delete(key);
    await open?.session.close();
  }
}

/** Equal for adapters that can run in one session; a verifier's prompt template is not part of its graph. */
function formKey({ config: { head }, savedTensors }: AdapterForm): string {
  if (savedTensors.length === 0) return PLAIN;
  const shape = head === 'lm' ? head : { ...head, promptTemplate: undefined };
  return JSON.stringify([shape, savedTensors]);
}

/** Those of an adapter's tensors that the graph reads. */
function fed(session: Session, tensors: ReadonlyMap<string, SessionTensor>): Record<string, SessionTensor> {
  return Object.fromEntries(
    session.inputNames.flatMap((name) => {
      const tensor = tensors.get(name);
      return tensor === undefined ? [] : [[name, tensor] as const];
    }),
  );
}

/** Adapters of rank 0 as ones of rank 1 that add zeros. */
function withoutEmpty(tensors: OpenAdapter['tensors']): OpenAdapter['tensors'] {
  return new Map(
    [...tensors].map(([name, tensor]) => {
      if (tensor.size > 0) return [name, tensor];
      const dims = tensor.dims.map((size) => Math.max(1, size));
      const size = dims.reduce((all, one) => all * one, 1);
      return [name, sessionTensor('float32', dims, new Float32Array(size))];
    }),
  );
}
