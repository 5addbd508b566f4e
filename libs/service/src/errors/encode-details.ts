import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Any, BadRequest, ErrorInfo, RetryInfo, type RichServerError } from 'nice-grpc-error-details';

/** Metadata key of the details that travel beside a status. */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

interface Encoder {
  encode(value: unknown): { finish(): Uint8Array };
}

/** The messages built by encodeError. */
const MESSAGES = [ErrorInfo, BadRequest, RetryInfo] as const;

/** A `google.rpc.Status`, for refusals sent before any middleware could encode them. */
export function encodeDetails({ code, details, extra }: RichServerError): Uint8Array {
  const status = new BinaryWriter().uint32(8).int32(code).uint32(18).string(details);
  for (const detail of extra) {
    const message = MESSAGES.find(({ $type }) => $type === detail.$type);
    if (message === undefined) throw new TypeError(`a detail of the unknown type ${detail.$type}`);
    const value = (message as unknown as Encoder).encode(detail).finish();
    const any = Any.fromPartial({ typeUrl: `type.googleapis.com/${detail.$type}`, value });
    status.uint32(26).bytes(Any.encode(any).finish());
  }
  return status.finish();
}
