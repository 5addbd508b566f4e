export { createApplyOnce, type ApplyOnce } from './apply-once.ts';
export type {
  EventBus,
  EventHandler,
  EventLog,
  OutgoingEvent,
  ReceivedEvent,
  SubscribeOptions,
  Subscription,
} from './event-bus.ts';
export { createInProcessBus } from './in-process/in-process-bus.ts';
export { decodeIterationEvent, encodeIterationEvent } from './iteration-events.ts';
export { connectNatsBus } from './nats/nats-bus.ts';
export { createSubjectFilter } from './subject-filter.ts';
export { findNatsServer, type FoundNatsServer } from './server/find-nats-server.mjs';
export { startNatsServer, type NatsServer } from './server/start-nats-server.ts';
