/** What a tripwire waits for; calls of file functions are those of `node:fs/promises`. */
export type TrippedCall =
  /** A file or folder gets its final name; the path is the new one. */
  | 'rename'
  | 'open'
  | 'appendFile'
  | 'writeFile'
  /** fsync of a file. */
  | 'sync'
  /** fdatasync of a file. */
  | 'datasync'
  /** A message of an answer over HTTP/2; the path is the method's. */
  | 'answer'
  /** A message of a worker thread to its owner; the path is the thread's name. */
  | 'post';

/** A process's death at one exact moment of its work. */
export interface Trip {
  /** Names the file that says that it has happened; it happens once, however often the process starts again. */
  readonly id: string;
  readonly call: TrippedCall;
  /** A regular expression on the call's path. */
  readonly path: string;
  /** Of such calls in the life of one process. @default 1 */
  readonly nth?: number;
  /** `half` writes half of what is to be written. */
  readonly when: 'before' | 'half' | 'after';
  /** What dies: this process, only the thread that calls, or the process whose number a file holds. @default 'process' */
  readonly victim?: 'process' | 'thread' | { readonly pidFile: string };
}

/** Variables through which the preloaded module gets its trips. */
export const TRIPS_VARIABLE = 'CHAOS_TRIPS';
export const MARKS_VARIABLE = 'CHAOS_MARKS';
