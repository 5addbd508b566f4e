import './without-telemetry.ts';
import { SipfError } from '@sipf/errors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { providerOptions, type SessionOptions } from './execution-provider.ts';
import { ExternalTensors } from './external-tensors.ts';
import { PlacementProbe, type Placement } from './placement.ts';

/** The element types that cross the session boundary. */
export interface SessionArrays {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
  readonly bool: Uint8Array;
}

/** A tensor as a session takes and gives it; inputs are read in place, so their data must not move during a run. */
export type SessionTensor = Tensor;

/** Named tensors of one run. */
export type SessionTensors = Readonly<Record<string, SessionTensor>>;

/**
 * One loaded ONNX model. A run blocks its thread from start to end, so sessions belong in workers; the caller owns
 * the session and closes it between runs.
 */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Where its nodes are computed, known after the first run on a device; undefined on the CPU. */
  readonly placement: Placement | undefined;
  /**
   * Runs the graph once.
   * @param outputs Preallocated outputs that are written in place; such an output may be an input's own buffer where
   *   the graph reads all of that input before it writes. Outputs left out are returned as copies.
   * @throws SipfError failed-precondition SESSION_CLOSED after `close`
   */
  run(inputs: SessionTensors, outputs?: SessionTensors): Promise<SessionTensors>;
  /** Frees the native memory; idempotent. */
  close(): Promise<void>;
}

/** Wraps `data` (row-major, not copied) as a tensor of the given shape. */
export function sessionTensor<D extends keyof SessionArrays>(
  dtype: D,
  shape: readonly number[],
  data: SessionArrays[D],
): SessionTensor {
  // The runtime's constructor is overloaded per dtype; the type parameter has already tied data to dtype.
  return new Tensor(dtype as 'float32', data as Float32Array, shape);
}

/** Opens a session on an encoded ONNX model; the bytes may be dropped afterwards. */
export async function openSession(
  model: Uint8Array,
  options: SessionOptions = {},
  external: ExternalTensors = new ExternalTensors(),
): Promise<Session> {
  const { device = 'cpu' } = options;
  const probe = PlacementProbe.of(device);
  const settings = { ...providerOptions(options, external), ...probe?.options };
  try {
    return new OnnxSession(await InferenceSession.create(model, settings), probe);
  } catch (error) {
    probe?.discard();
    throw probe === undefined ? error : notOpened(device, error);
  }
}

function notOpened(device: string, error: unknown): SipfError {
  const [why = ''] = String(error instanceof Error ? error.message : error).split('\n', 1);
  return new SipfError('failed-precondition', `the model cannot be opened on ${device}: ${why}`, {
    reason: 'DEVICE_UNAVAILABLE',
    cause: error,
  });
}

class OnnxSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  placement: Placement | undefined;
  #session: InferenceSession | undefined;
  #probe: PlacementProbe | undefined;

  constructor(session: InferenceSession, probe: PlacementProbe | undefined) {
    this.#session = session;
    this.#probe = probe;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
  }

  async run(inputs: SessionTensors, outputs?: SessionTensors): Promise<SessionTensors> {
    const session = this.#session;
    if (session === undefined) {
      throw new SipfError('failed-precondition', 'the session is closed', { reason: 'SESSION_CLOSED' });
    }
    const results = await (outputs === undefined
      ? session.run(inputs)
      : session.run(inputs, this.#fetches(outputs)));
    this.placement ??= this.#probe?.finish(session);
    this.#probe = undefined;
    return results;
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
    this.#probe?.discard();
    this.#probe = undefined;
  }

  #fetches(outputs: SessionTensors): Record<string, SessionTensor | null> {
    return Object.fromEntries(this.outputNames.map((name) => [name, outputs[name] ?? null]));
  }
}
