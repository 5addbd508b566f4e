import { common } from '@sipf/contracts';
import type { Claim } from '@sipf/inference';

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
