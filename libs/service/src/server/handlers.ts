import type { ServiceImplementation, TsProtoServiceDefinition } from 'nice-grpc';
import type { Logger } from '../observe/logger.ts';

/** A handler's context besides nice-grpc's `signal`, `metadata`, `peer`. */
export interface CallExtension {
  /** Logs with the call's run id, iteration and trace id. */
  readonly log: Logger;
  /** The name of the caller's token; undefined where the service requires none. */
  readonly caller: string | undefined;
  /** Ends this call at once when the service stops, rather than at the drain deadline: for endless watches. */
  abortOnTerminate(): void;
}

/** The handlers of a service: one function per method; they throw SipfError, honour `context.signal`. */
export type ServiceHandlers<Definition extends TsProtoServiceDefinition> = ServiceImplementation<
  Definition,
  CallExtension
>;

/** A service definition together with its handlers. */
export interface Implementation {
  readonly definition: TsProtoServiceDefinition;
  readonly handlers: ServiceHandlers<TsProtoServiceDefinition>;
}

/** Pairs a generated definition with handlers, checked against it by the compiler. */
export function implement<Definition extends TsProtoServiceDefinition>(
  definition: Definition,
  handlers: ServiceHandlers<Definition>,
): Implementation {
  return { definition, handlers: handlers };
}
