import { inFlight } from '@sipf/async';
import { common, type execution } from '@sipf/contracts';
import type { SandboxPool } from '@sipf/sandbox';
import type { ServiceHandlers } from '@sipf/service';
import type { CountVerdict } from './metrics.ts';
import { toLimits, toProgram } from './requests.ts';
import { toResponse } from './verdicts.ts';

/** What `Info` reports besides the pool's own limits. */
export interface ExecutionInfo {
  readonly version: string;
  readonly maxQueue: number;
  readonly processes: number;
}

/** Verdicts of a stream that may wait for an earlier one, per program that may be under way. */
const HELD_PER_RUNNING = 32;

/** The execution service over a pool of sandboxes. */
export function createHandlers(
  pool: SandboxPool,
  facts: ExecutionInfo,
  countVerdict: CountVerdict,
): ServiceHandlers<execution.ExecutionServiceDefinition> {
  const execute = async (
    request: execution.ExecuteRequest,
    signal: AbortSignal,
  ): Promise<execution.ExecuteResponse> => {
    const { clientId, limits } = request;
    const options = { signal, limits: toLimits(limits), ...(clientId === '' ? {} : { clientId }) };
    const program = toProgram(request);
    const verdict = await pool.run(program, options);
    countVerdict(verdict, program.language);
    return toResponse(request.id, verdict);
  };
  return {
    execute: (request, { signal }) => execute(request, signal),
    executeStream: async function* (requests, { signal }) {
      // Twice the number of processes keeps them all busy and bounds what a stream holds.
      const limit = 2 * facts.processes;
      const verdicts = inFlight(requests, {
        work: async ({ request }, _index, ended) =>
          request === undefined ? undefined : await execute(request, ended),
        limit,
        held: HELD_PER_RUNNING * limit,
        inOrder: ({ inOrder }) => inOrder,
        signal,
      });
      for await (const response of verdicts) if (response !== undefined) yield { response };
    },
    info: () => Promise.resolve({ info: toInfo(pool, facts) }),
  };
}

function toInfo(
  { limits }: SandboxPool,
  { version, maxQueue, processes }: ExecutionInfo,
): common.ServiceInfo {
  return common.ServiceInfo.fromPartial({
    service: 'execution',
    version,
    limits: {
      wall_time_ms: limits.wallTimeMs,
      cpu_time_ms: limits.cpuTimeMs,
      memory_mib: limits.memoryLimitMiB,
      max_output_bytes: limits.maxOutputBytes,
      max_queue: maxQueue,
      processes,
    },
    devices: [`cpu x ${processes}`],
  });
}
