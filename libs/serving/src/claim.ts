import type { Claim } from '@sipf/async';
import { common } from '@sipf/contracts';

/** Whose turn it is by a request's fields, for every service that serves models. */
export function claimOf({
  priority,
  clientId,
}: {
  readonly priority: common.Priority;
  readonly clientId: string;
}): Claim {
  return { priority: priority === common.Priority.BULK ? 'bulk' : 'interactive', clientId };
}
