export { createApplyOnce } from './apply-once.ts';
export type { EventBus, EventHandler, ReceivedEvent, Subscription } from './event-bus.ts';
export { createInProcessBus } from './in-process/in-process-bus.ts';
export { decodeIterationEvent, encodeIterationEvent } from './iteration-events.ts';
export { checkNatsAddress, connectNatsBus } from './nats/connect-nats-bus.ts';
export { joinNatsBus } from './nats/join-nats-bus.ts';
export { findNatsServer } from './server/find-nats-server.mjs';
export { startNatsServer, type NatsServer } from './server/start-nats-server.ts';
