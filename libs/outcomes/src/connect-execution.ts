import { execution } from '@sipf/contracts';
import { createClient, type ClientSecurity } from '@sipf/service';
import { createExecutor, type Executor, type ExecutorSettings } from './executor.ts';

/** An executor with a connection of its own. */
export interface ConnectedExecution extends Executor {
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Programs run at the execution service at `address`. A call is repeated while the service is away or full: running a program
 * twice does no harm.
 */
export function connectExecution(
  address: string,
  { tls, tokenFile, ...settings }: ExecutorSettings & ClientSecurity = {},
): ConnectedExecution {
  const client = createClient(execution.ExecutionServiceDefinition, address, {
    tls,
    tokenFile,
    idempotent: true,
    retry: { attempts: 10, maxDelayMs: 15_000 },
  });
  const executor = createExecutor((request, options) => client.execute(request, options), settings);
  const close = (): void => {
    client.close();
  };
  return { ...executor, close, [Symbol.dispose]: close };
}
