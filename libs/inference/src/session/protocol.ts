import type { WireError } from '@sipf/errors';

/** What the owner of a worker sends. */
export type WorkerRequest =
  | {
      readonly type: 'call';
      readonly callId: number;
      readonly name: string;
      readonly request: unknown;
    }
  | { readonly type: 'cancel'; readonly callId: number }
  | { readonly type: 'close' };

/** What a worker answers; every call ends with exactly one `done` or `failed`, unless the worker dies. */
export type WorkerReply =
  | { readonly type: 'item'; readonly callId: number; readonly item: unknown }
  | { readonly type: 'done'; readonly callId: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly callId: number; readonly error: WireError };
