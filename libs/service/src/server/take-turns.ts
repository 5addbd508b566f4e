import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { FairQueue, type Claim } from '@sipf/async';

/** How long calls are begun before the event loop goes on, in milliseconds. */
const TURN_MS = 5;

/**
 * Begins calls in turns: of every connection one after the other, and no more at a time than the event loop can do beside its other
 * work. Of thousands that come at once, and are given up, most are over before their turn and cost next to nothing; the calls of
 * others go between.
 */
export function takeTurns(): ServerInterceptor {
  const turns = new Turns();
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        turns.begin({ priority: 'interactive', clientId: call.getPeer() }, next);
      },
    });
}

class Turns {
  readonly #waiting = new FairQueue<() => void>();
  #leftMs = TURN_MS;
  #isScheduled = false;

  /** Begins a call: at once where this turn has time left and none waits. */
  begin(claim: Claim, start: () => void): void {
    if (this.#waiting.size === 0 && this.#leftMs > 0) this.#start(start);
    else this.#waiting.push(start, claim);
    this.#schedule();
  }

  #start(start: () => void): void {
    const began = performance.now();
    start();
    this.#leftMs -= performance.now() - began;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#leftMs = TURN_MS;
      while (this.#leftMs > 0) {
        const start = this.#waiting.pop();
        if (start === undefined) return;
        this.#start(start);
      }
      this.#schedule();
    });
  }
}
