import type { EnginePart, RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { servedRank } from '../vllm/vllm-command.ts';

/**
 * Whether a part's servers take the adapters that a run trains.
 * @param most their highest rank; undefined where it is not known
 */
export function rankRefusals(
  { policy, simulator }: Pick<RunConfig, 'policy' | 'simulator'>,
  part: EnginePart,
  most: number | undefined,
): FieldViolation[] {
  const isAdapted = part === 'policy' || (part === 'simulator' && simulator?.model === 'policy');
  if (policy.lora === undefined || !isAdapted || most === undefined || policy.lora.rank <= most) return [];
  const { rank } = policy.lora;
  const description =
    `is ${rank}, and the server of engines.${part} takes ${most}: ` +
    `start it with --max-lora-rank ${servedRank(rank)}, or lower this`;
  return [{ field: 'policy.lora.rank', description }];
}
