import type { LabelledPath } from '../labelled-path.ts';

/** How one kind of file writes labelled paths. */
export interface DatasetFormat {
  readonly name: string;
  /** Whether a row is of this kind, by the names of its fields alone. */
  readonly owns: (row: Readonly<Record<string, unknown>>) => boolean;
  /** The paths of one row. @throws DatasetFault that says which field is wrong */
  readonly read: (row: unknown) => readonly LabelledPath[];
}

/** The fault of one row; the reader adds its location. */
export class DatasetFault extends Error {
  override readonly name = 'DatasetFault';
}
