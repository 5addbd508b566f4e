import { abortError } from '@sipf/async';
import { toWireError } from '@sipf/errors';
import { parentPort } from 'node:worker_threads';
import type { Operations } from './operations.ts';
import type { WorkerReply, WorkerRequest } from './protocol.ts';

/** What a handler gets beside its request. */
export interface WorkerCall<Item = never> {
  /** Fires when the owner cancels this call or closes the worker. */
  readonly signal: AbortSignal;
  /** Sends one item of a streamed answer; the item is cloned at once. */
  readonly emit: (item: Item) => void;
}

/** Answers every operation of a protocol; a request is what the owner sent, cloned. */
export type WorkerHandlers<Protocol extends Operations<Protocol>> = {
  readonly [Name in keyof Protocol]: (
    request: Protocol[Name][0],
    call: WorkerCall<Protocol[Name][2]>,
  ) => Protocol[Name][1] | Promise<Protocol[Name][1]>;
};

/** What a worker module offers to its owner. */
export interface WorkerService<Protocol extends Operations<Protocol>> {
  readonly handlers: WorkerHandlers<Protocol>;
  /** Waits for a run in progress, releases every session; the thread exits afterwards. */
  close(): void | Promise<void>;
}

/**
 * Serves calls on this worker thread until its owner closes it. Native sessions must not be torn down during a run, so
 * the thread ends by itself after `close`, never by being terminated.
 * @throws Error on the main thread
 */
export function serveWorker<Protocol extends Operations<Protocol>>(service: WorkerService<Protocol>): void {
  const port = parentPort;
  if (port === null) throw new Error('serveWorker must be called in a worker thread');
  const running = new Map<number, AbortController>();
  const reply = (message: WorkerReply): void => {
    port.postMessage(message);
  };

  const answer = async (message: WorkerRequest & { type: 'call' }): Promise<void> => {
    const { callId, name, request } = message;
    const controller = new AbortController();
    running.set(callId, controller);
    const call: WorkerCall<unknown> = {
      signal: controller.signal,
      emit: (item) => {
        reply({ type: 'item', callId, item });
      },
    };
    try {
      // The owner's calls are of the same protocol.
      const handler = service.handlers[name as keyof Protocol];
      reply({ type: 'done', callId, result: await handler(request, call) });
    } catch (error) {
      const cause = controller.signal.aborted ? abortError(controller.signal) : error;
      reply({ type: 'failed', callId, error: toWireError(cause) });
    } finally {
      running.delete(callId);
    }
  };

  const close = async (): Promise<void> => {
    for (const controller of running.values()) controller.abort();
    await service.close();
    port.close();
  };

  port.on('message', (message: WorkerRequest) => {
    switch (message.type) {
      case 'call':
        void answer(message);
        return;
      case 'cancel':
        running.get(message.callId)?.abort();
        return;
      case 'close':
        void close();
    }
  });
}
