import { ErrorReason } from './generated/sipf/common/v1/common.ts';

/** The enum value of an error's reason, for messages that carry a reason beside other answers. */
export function errorReason(reason: string): ErrorReason {
  return isKnown(reason) ? ErrorReason[reason] : ErrorReason.UNSPECIFIED;
}

function isKnown(reason: string): reason is keyof typeof ErrorReason {
  return Object.hasOwn(ErrorReason, reason);
}
