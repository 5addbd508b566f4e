import type { DeviceName } from '@sipf/contracts/devices';
import {
  openSession,
  sessionTensor,
  type ExternalTensors,
  type Placement,
  type Session,
  type SessionTensor,
  type SessionTensors,
} from '@sipf/inference';
import type { CollatedBatch } from '../data/collate.ts';
import { STEP_NAMES, type StepGraph } from '../step/index.ts';

/** What one run of a step graph is fed beside the state. */
interface StepFeed {
  readonly batch?: CollatedBatch;
  /** Counts of the effective batch and the optimiser's scalars, by input name. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** How a step graph is opened. */
export interface StepSessionOptions {
  /** Threads inside one operator. */
  readonly threads: number;
  readonly device: DeviceName;
  /** Arrays of the frozen parameters that the graph does not store, by input name. @default none */
  readonly frozen?: ReadonlyMap<string, Uint8Array | Float32Array>;
  /** Where the frozen parameters are that lie outside the graph's bytes. @default nowhere */
  readonly external?: ExternalTensors;
}

/** Opens the graph. @throws TypeError where a frozen parameter is neither stored in it nor given */
export async function openStepSession(
  { model, ...step }: StepGraph,
  { threads, device, frozen = new Map(), external }: StepSessionOptions,
): Promise<StepSession> {
  // Packed for the products of both passes the weights would be held three times, for a few hundredths of a step's time.
  const session = await openSession(model, { threads, device, prepackWeights: false }, external);
  const fixed = step.frozen.map(({ name, shape }) => {
    const data = frozen.get(name);
    if (data === undefined) throw new TypeError(`the frozen parameter ${name} is not given`);
    return [name, frozenTensor(data, shape.map(Number))] as const;
  });
  return new StepSession(step, session, Object.fromEntries(fixed));
}

/** A step without its bytes, which hold all stored weights and are not needed once the session is open. */
type StepShape = Omit<StepGraph, 'model'>;

/** A loaded step graph. */
export class StepSession {
  readonly #step: StepShape;
  readonly #session: Session;
  readonly #frozen: SessionTensors;

  constructor(step: StepShape, session: Session, frozen: SessionTensors) {
    this.#step = step;
    this.#session = session;
    this.#frozen = frozen;
  }

  /** Runs it once; the state vectors are updated in place. @returns the scalar outputs by name */
  async run(
    state: Readonly<Record<string, Float32Array>>,
    { batch, scalars }: StepFeed,
  ): Promise<Record<string, number>> {
    const inputs: Record<string, SessionTensor> = {
      ...this.#frozen,
      ...this.#scalarInputs(scalars),
      ...this.#batchInputs(batch),
    };
    const outputs: Record<string, SessionTensor> = {};
    for (const { input, output } of this.#step.state) {
      const vector = state[input] as Float32Array;
      inputs[input] = sessionTensor('float32', [vector.length], vector);
      if (output !== undefined) outputs[output] = inputs[input];
    }
    const results = await this.#session.run(inputs, outputs);
    return Object.fromEntries(this.#step.metrics.map((name) => [name, Number(results[name]?.data[0])]));
  }

  /** Known after the first run on a device other than the CPU. */
  get placement(): Placement | undefined {
    return this.#session.placement;
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #scalarInputs(scalars: Readonly<Record<string, number>>): Record<string, SessionTensor> {
    const names = [...this.#step.counts, ...this.#step.scalars.map(({ name }) => name)];
    return Object.fromEntries(names.map((name) => [name, scalarTensor(name, scalars[name] as number)]));
  }

  #batchInputs(batch: CollatedBatch | undefined): Record<string, SessionTensor> {
    if (batch === undefined) return {};
    const { rows, length, arrays } = batch;
    return Object.fromEntries(
      this.#step.batch.map(({ name, shape }) => {
        const data = arrays[name] as Float32Array | BigInt64Array;
        // One value a row, or one a pair.
        const dims = shape.length === 1 ? [data.length] : [rows, length];
        const tensor =
          data instanceof BigInt64Array
            ? sessionTensor('int64', dims, data)
            : sessionTensor('float32', dims, data);
        return [name, tensor];
      }),
    );
  }
}

function frozenTensor(data: Uint8Array | Float32Array, shape: readonly number[]): SessionTensor {
  return data instanceof Uint8Array
    ? sessionTensor('uint8', shape, data)
    : sessionTensor('float32', shape, data);
}

function scalarTensor(name: string, value: number): SessionTensor {
  return name === STEP_NAMES.dropoutSeed
    ? sessionTensor('int64', [], BigInt64Array.of(BigInt(value)))
    : sessionTensor('float32', [], Float32Array.of(value));
}
