import type { Status } from 'nice-grpc';

/** A server failed in a way that it did not foresee (INTERNAL, UNKNOWN): a bug there, which the caller cannot fix. */
export class RemoteFault extends Error {
  override readonly name = 'RemoteFault';
  /** Full path of the method, `/package.Service/Method`. */
  readonly path: string;
  readonly code: Status;
  /** Id of the entry in the server's log, where the server gave one. */
  readonly errorId: string | undefined;

  constructor(path: string, fault: { code: Status; details: string; errorId: string | undefined }) {
    super(`${path} failed: ${fault.details}`);
    this.path = path;
    this.code = fault.code;
    this.errorId = fault.errorId;
  }
}
