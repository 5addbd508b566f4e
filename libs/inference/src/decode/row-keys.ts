import type { SessionTensor, SessionTensors } from '../session/session.ts';

/** The rows' own keys and values between the steps of a batch, wherever they lie. */
export interface RowKeys {
  /** S */
  readonly width: number;
  /** Makes room for `rows` rows of S = `width` keys and keeps what fits. */
  resize(rows: number, width: number): void;
  /** Copies a whole row. */
  move(from: number, to: number): void;
  /** The first `rows` rows as the graph's inputs. */
  tensors(rows: number): Readonly<Record<string, SessionTensor>> | Promise<Record<string, SessionTensor>>;
  /** Inputs that say where the graph puts each row's newest keys, behind its `lengths`; none where the host does. */
  places(lengths: readonly number[]): Record<string, SessionTensor>;
  /** Takes a step's newest keys and values. @param lengths keys that a row has; a row of S keys is full and gets none */
  append(outputs: SessionTensors, lengths: readonly number[]): void;
  /** Frees what lies on a device. */
  close(): void;
}
