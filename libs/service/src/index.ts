export type { CallOptions, ClientOptions } from './client/client-options.ts';
export { createClient, type ServiceClient } from './client/create-client.ts';
export { clientSecurity, type ClientSecurity } from './client/client-security.ts';
export { clientShape, securityOf } from './client/client-settings.ts';
export type { RetryPolicy } from './client/retry-calls.ts';
export { createAuthenticator, type Authenticator } from './auth/authenticator.ts';
export { SCOPE_PATTERN, scopeOf } from './auth/scopes.ts';
export { rereadFile } from './auth/reread-file.ts';
export { hashToken } from './auth/token-list.ts';
export { waitForReady } from './client/wait-for-ready.ts';
export { RemoteFault } from './errors/remote-fault.ts';
export type { RequestValidator } from './middleware/validate-requests.ts';
export { createLogger, type Logger, type LogLevel } from './observe/logger.ts';
export { createMetricsRegistry } from './observe/metrics.ts';
export {
  currentRequestContext,
  currentTraceparent,
  withRequestContext,
  type RequestContext,
} from './observe/request-context.ts';
export { parseTraceparent } from './observe/traceparent.ts';
export { traced, type SpanOptions } from './observe/tracing.ts';
export { address, count, file, folder, milliseconds, seconds, text } from './process/fields.ts';
export {
  flagOf,
  parseSettings,
  variableOf,
  wrongSettings,
  type SettingsSource,
} from './process/parse-settings.ts';
export { settingField, valueOfText, type SettingField } from './process/setting-field.ts';
export { flagText, helpText } from './process/usage.ts';
export { runService, type MainContext, type ServiceProgram } from './process/run-service.ts';
export { serviceShape, toServiceSettings, type ServiceFlags } from './process/service-shape.ts';
export {
  createService,
  type BoundAddresses,
  type Service,
  type ServiceOptions,
} from './server/create-service.ts';
export {
  implement,
  type CallExtension,
  type Implementation,
  type ServiceHandlers,
} from './server/handlers.ts';
export {
  assertSafeToListen,
  formatAddress,
  isLoopback,
  listenError,
  parseAddress,
  type ListenAddress,
} from './server/listen-address.ts';
export { startMetricsServer, type MetricsServer } from './observe/metrics-server.ts';
export { serviceSettings, type ServiceSettings } from './server/service-settings.ts';
export type { ClientTls, ServerTls } from './server/tls.ts';
export { programVersion } from './process/program-version.ts';
