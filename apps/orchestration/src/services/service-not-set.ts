import { SERVICE_OF_PART, type EnginePart } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';

/** A run asks for work that this orchestrator has no service for. */
export function serviceNotSet(parts: readonly EnginePart[]): SipfError {
  const services = parts.map((part) => SERVICE_OF_PART[part]);
  const flags = services.map((service) => `--${service}`).join(', ');
  const message =
    `this orchestrator has no ${services.join(', ')} service, which the run asks: ` +
    `start it with ${flags}, or the run by \`sipf run\``;
  return new SipfError('failed-precondition', message, { reason: 'SERVICE_NOT_SET' });
}
