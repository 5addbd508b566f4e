import { Metadata, status } from '@grpc/grpc-js';
import type { SipfError } from '@sipf/errors';
import { Status } from 'nice-grpc';
import { encodeDetails, STATUS_DETAILS_KEY } from './encode-details.ts';
import { encodeError } from './encode-error.ts';
import { STATUS_OF_KIND } from './status-table.ts';

/** An error as a status with its details, for calls that end before, or beside, any middleware. */
export function statusOf(error: SipfError) {
  const encoded = encodeError(error);
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS_KEY, Buffer.from(encodeDetails(encoded)));
  const code = status[Status[STATUS_OF_KIND[error.kind]] as keyof typeof status];
  return { code, details: encoded.details, metadata };
}
