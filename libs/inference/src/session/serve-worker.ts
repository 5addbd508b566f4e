import { abortError } from '@sipf/async';
import { toWireError } from '@sipf/errors';
import { parentPort } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest } from './protocol.ts';

/** What a handler gets beside its payload. */
export interface WorkerCall {
  /** Fires when the owner cancels this call or closes the worker. */
  readonly signal: AbortSignal;
  /** Sends one item of a streamed answer; the item is cloned at once. */
  readonly emit: (item: unknown) => void;
}

/** Answers one method; the payload is what the owner sent, cloned. */
export type WorkerHandler = (payload: unknown, call: WorkerCall) => unknown;

/** What a worker module offers to its owner. */
export interface WorkerService {
  readonly handlers: Readonly<Record<string, WorkerHandler>>;
  /** Waits for a run in progress, releases every session; the thread exits afterwards. */
  close(): void | Promise<void>;
}

/**
 * Serves calls on this worker thread until its owner closes it. Native sessions must not be torn down during a run, so
 * the thread ends by itself after `close`, never by being terminated.
 * @throws Error on the main thread
 */
export function serveWorker(service: WorkerService): void {
  const port = parentPort;
  if (port === null) throw new Error('serveWorker must be called in a worker thread');
  const running = new Map<number, AbortController>();
  const reply = (message: WorkerReply): void => {
    port.postMessage(message);
  };

  const answer = async (request: WorkerRequest & { type: 'call' }): Promise<void> => {
    const { callId, method, payload } = request;
    const controller = new AbortController();
    running.set(callId, controller);
    const call: WorkerCall = {
      signal: controller.signal,
      emit: (item) => {
        reply({ type: 'item', callId, item });
      },
    };
    try {
      const handler = service.handlers[method];
      if (handler === undefined) throw new Error(`the worker has no method ${method}`);
      reply({ type: 'done', callId, result: await handler(payload, call) });
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

  port.on('message', (request: WorkerRequest) => {
    switch (request.type) {
      case 'call':
        void answer(request);
        return;
      case 'cancel':
        running.get(request.callId)?.abort();
        return;
      case 'close':
        void close();
    }
  });
}
