import type { DeviceName } from '@sipf/contracts/devices';
import { createGraph, gather, toOnnxModel } from '@sipf/graph';
import {
  openSession,
  sessionTensor,
  type Session,
  type SessionTensor,
  type SessionTensors,
} from '../session/session.ts';
import { cacheNames, layerCacheName, nextCacheName, promptCacheName } from './cache-names.ts';
import type { CacheShape } from './prompt-cache.ts';
import type { PromptTiles } from './prompt-tiles.ts';
import { indices } from './row-choices.ts';
import type { RowKeys } from './row-keys.ts';

/** Copies keys and values within a device, and from the host to it. */
export class DeviceMover {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async open({ heads, headDim }: CacheShape, device: DeviceName): Promise<DeviceMover> {
    const graph = createGraph('move');
    const x = graph.input('x', 'float32', ['A', heads, 'S', headDim]);
    const rows = gather(x, graph.input('rows', 'int64', ['B']), 0);
    graph.output('moved', gather(rows, graph.input('keys', 'int64', ['W']), 2));
    return new DeviceMover(await openSession(toOnnxModel(graph), { device, keptOutputs: ['moved'] }));
  }

  /** The named rows [., K, S, Dh], as wide as wanted: further keys repeat the last one. */
  async move(x: SessionTensor, rows: readonly number[], width: number): Promise<SessionTensor> {
    const last = (x.dims[2] as number) - 1;
    const keys = indices(Array.from({ length: width }, (_, key) => Math.min(key, last)));
    const { moved } = await this.#session.run({ x, rows: indices(rows), keys });
    return moved as SessionTensor;
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/**
 * Rows' keys on a device: a step's graph puts the newest behind the earlier ones, and what it returns is the next step's input.
 * Whatever follows a row's length is stale and finite, as on the host.
 */
export class DeviceRowKeys implements RowKeys {
  readonly #mover: DeviceMover;
  readonly #shape: CacheShape;
  /** By the names that the graph's inputs have. */
  #held: Record<string, SessionTensor> | undefined;
  /** Of each row the one of the held tensors that it is; a row that is new takes any. */
  #sources: number[] = [];
  #width = 0;

  constructor(mover: DeviceMover, shape: CacheShape) {
    this.#mover = mover;
    this.#shape = shape;
  }

  get width(): number {
    return this.#width;
  }

  resize(rows: number, width: number): void {
    for (let row = this.#sources.length; row < rows; row++) this.#sources.push(0);
    this.#width = width;
  }

  move(from: number, to: number): void {
    this.#sources[to] = this.#sources[from] as number;
  }

  async tensors(rows: number): Promise<Record<string, SessionTensor>> {
    const held = this.#held ?? this.#nothing();
    const [some] = Object.values(held) as [SessionTensor];
    const wanted = this.#sources.slice(0, rows);
    const isThere =
      some.location === 'gpu-buffer' &&
      some.dims[0] === rows &&
      some.dims[2] === this.#width &&
      wanted.every((source, row) => source === row);
    if (isThere) return held;
    const moved: Record<string, SessionTensor> = {};
    for (const [name, x] of Object.entries(held))
      moved[name] = await this.#mover.move(x, wanted, this.#width);
    this.#hold(moved, rows);
    return moved;
  }

  places(lengths: readonly number[]): Record<string, SessionTensor> {
    const isNewest = new Uint8Array(lengths.length * this.#width);
    lengths.forEach((length, row) => {
      if (length < this.#width) isNewest[row * this.#width + length] = 1;
    });
    return { newest: sessionTensor('bool', [lengths.length, 1, this.#width, 1], isNewest) };
  }

  append(outputs: SessionTensors, lengths: readonly number[]): void {
    const names = cacheNames(this.#shape.layers, layerCacheName);
    const next = cacheNames(this.#shape.layers, nextCacheName).map((name) => outputs[name] as SessionTensor);
    this.#hold(
      Object.fromEntries(names.map((name, at) => [name, next[at] as SessionTensor])),
      lengths.length,
    );
  }

  close(): void {
    this.#free();
    this.#held = undefined;
  }

  #hold(tensors: Record<string, SessionTensor>, rows: number): void {
    this.#free();
    this.#held = tensors;
    this.#sources = Array.from({ length: rows }, (_, row) => row);
  }

  #free(): void {
    for (const tensor of Object.values(this.#held ?? {})) dispose(tensor);
  }

  #nothing(): Record<string, SessionTensor> {
    const { heads, headDim, layers } = this.#shape;
    const zeros = sessionTensor('float32', [1, heads, 1, headDim], new Float32Array(heads * headDim));
    return Object.fromEntries(cacheNames(layers, layerCacheName).map((name) => [name, zeros]));
  }
}

/** The shared prompts of a batch on a device, sent there when they have changed. */
export class DeviceTiles {
  readonly #mover: DeviceMover;
  readonly #names: readonly string[];
  #sent: { readonly revision: number; readonly tensors: Record<string, SessionTensor> } | undefined;

  constructor(mover: DeviceMover, { layers }: CacheShape) {
    this.#mover = mover;
    this.#names = cacheNames(layers, promptCacheName);
  }

  /** The tiles' inputs with the prompts on the device. @param tensors as PromptTiles gives them */
  async tensors(
    { revision }: Pick<PromptTiles, 'revision'>,
    tensors: Record<string, SessionTensor>,
  ): Promise<Record<string, SessionTensor>> {
    if (this.#sent?.revision !== revision) {
      this.close();
      const sent: Record<string, SessionTensor> = {};
      for (const name of this.#names) {
        const x = tensors[name] as SessionTensor;
        sent[name] = await this.#mover.move(x, [...Array(x.dims[0] as number).keys()], x.dims[2] as number);
      }
      this.#sent = { revision, tensors: sent };
    }
    return { ...tensors, ...this.#sent.tensors };
  }

  close(): void {
    for (const tensor of Object.values(this.#sent?.tensors ?? {})) dispose(tensor);
    this.#sent = undefined;
  }
}

/** Frees a tensor on a device; the host's are the collector's. */
export function dispose(tensor: SessionTensor): void {
  if (tensor.location === 'gpu-buffer') tensor.dispose();
}
