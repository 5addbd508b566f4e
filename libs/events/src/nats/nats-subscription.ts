import { isAborted, untilAborted } from '@sipf/async';
import { catchAbortError, delay } from 'abort-controller-x';
import type { Consumer, JetStreamClient, JsMsg } from 'nats';
import type { EventLog, Subscription } from '../event-bus.ts';
import { createSubjectFilter } from '../subject-filter.ts';
import type { FullSubscribeOptions } from '../with-defaults.ts';
import { ensureConsumer, ensureStream, STREAM, type StreamSettings } from './stream.ts';

/** How long one request for the next event stays open. */
const PULL_MS = 5000;
const RECOVER_MS = 250;
/** The header that OpenTelemetry's tools look for, too. */
export const TRACE_HEADER = 'traceparent';

/** Pulls one event after the other; survives restarts of the server, and the loss of its stream. */
export function startNatsSubscription(subscribed: Omit<Pull, 'signal'>): Subscription {
  const stopping = new AbortController();
  const finished = pullEvents({ ...subscribed, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}

interface Pull {
  readonly jetStream: JetStreamClient;
  readonly options: FullSubscribeOptions;
  readonly log: EventLog;
  readonly stream: StreamSettings;
  readonly signal: AbortSignal;
}

async function pullEvents(pull: Pull): Promise<void> {
  const { options, log, signal } = pull;
  const matches = createSubjectFilter(options.subjects);
  let consumer: Consumer | undefined;
  while (!signal.aborted) {
    try {
      consumer ??= await untilAborted(openConsumer(pull), signal);
      if (consumer === undefined) return;
      const message = await nextMessage(consumer, signal);
      if (message === undefined) continue;
      if (matches(message.subject)) await handle(message, pull);
      else message.ack();
    } catch (error) {
      if (isAborted(signal)) return;
      log.warn({ durable: options.durable, err: error }, 'cannot fetch events, trying again');
      consumer = undefined;
      await delay(signal, RECOVER_MS).catch(catchAbortError);
    }
  }
}

async function openConsumer({ jetStream, options, stream }: Pull): Promise<Consumer> {
  const manager = await jetStream.jetstreamManager();
  await ensureStream(manager, stream);
  await ensureConsumer(manager, options);
  return jetStream.consumers.get(STREAM, options.durable);
}

/** The next message, or undefined when there is none for a while or `signal` aborts. */
async function nextMessage(consumer: Consumer, signal: AbortSignal): Promise<JsMsg | undefined> {
  const messages = await consumer.fetch({ max_messages: 1, expires: PULL_MS });
  const onAbort = (): void => {
    // Withdraws the request: it would take an event from the next subscriber otherwise.
    void messages.close();
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const message of messages) return message;
    return undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function handle(message: JsMsg, { options, log, signal }: Pull): Promise<void> {
  const { subject, data: payload } = message;
  const id = message.headers?.get('Nats-Msg-Id') ?? `${STREAM}/${message.seq}`;
  const { deliveryCount: delivery, pending } = message.info;
  const trace = message.headers?.get(TRACE_HEADER) ?? '';
  const facts = { durable: options.durable, subject, id, delivery };
  if (delivery > options.maxDeliver) {
    log.error(facts, 'event given up as a dead letter: no delivery was finished');
    message.term();
    return;
  }
  // Signs of life well within the time after which the server gives the event to another subscriber.
  const alive = setInterval(() => {
    message.working();
  }, options.ackWaitMs / 3);
  try {
    const event = { subject, id, payload, delivery, pending, ...(trace === '' ? {} : { trace }) };
    await options.handler(event, { signal });
    message.ack();
  } catch (error) {
    if (signal.aborted) message.nak();
    else if (delivery < options.maxDeliver) message.nak(options.retryDelayMs);
    else {
      log.error({ ...facts, err: error }, 'event given up as a dead letter');
      message.term();
    }
  } finally {
    clearInterval(alive);
  }
}
