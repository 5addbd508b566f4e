import {
  ServerInterceptingCall,
  ServerListenerBuilder,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { SipfError } from '@sipf/errors';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { statusOf } from '../errors/status-of.ts';

/**
 * Ends a call whose caller is silent for `maxSilentMs`: one that sends neither its next request nor the end of its stream while
 * nothing is under way, with STREAM_SILENT; and one that does not read what it was sent, by a reset.
 */
export function endSilence(maxSilentMs: number): ServerInterceptor {
  return ({ requestStream, responseStream }, call) => {
    const caller = new CallerWatch(call, maxSilentMs);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, pass) => {
        caller.look();
        pass(metadata);
      })
      .withOnReceiveMessage((message, pass) => {
        caller.asked();
        if (!requestStream) caller.finished();
        pass(message);
      })
      .withOnReceiveHalfClose((pass) => {
        caller.finished();
        pass();
      })
      .withOnCancel(() => {
        caller.left();
      });
    return new WatchedCall(call, { listener, caller, answersEach: requestStream && responseStream });
  };
}

/** What a caller has sent and read. */
class CallerWatch {
  readonly #call: ServerInterceptingCallInterface;
  readonly #maxSilentMs: number;
  #underWay = 0;
  #unread = 0;
  #isFinished = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: ServerInterceptingCallInterface, maxSilentMs: number) {
    this.#call = call;
    this.#maxSilentMs = maxSilentMs;
  }

  asked(): void {
    this.#underWay += 1;
    this.look();
  }

  /** It sends nothing more. */
  finished(): void {
    this.#isFinished = true;
    this.look();
  }

  answered(): void {
    this.#underWay -= 1;
  }

  sent(): void {
    this.#unread += 1;
    this.look();
  }

  read(): void {
    this.#unread -= 1;
    this.look();
  }

  left(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Begins to wait for the caller, where it is the caller's turn. */
  look(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    if (this.#unread > 0)
      this.#after(() => {
        reset(this.#call);
      });
    else if (!this.#isFinished && this.#underWay <= 0)
      this.#after(() => {
        this.#call.sendStatus(statusOf(silent(this.#maxSilentMs)));
      });
  }

  #after(work: () => void): void {
    this.#timer = setTimeout(work, this.#maxSilentMs).unref();
  }
}

interface WatchedCallOptions {
  readonly listener: ServerListenerBuilder;
  readonly caller: CallerWatch;
  /** Whether every request has one answer. */
  readonly answersEach: boolean;
}

/** A call whose answers are followed until they are on their way: they are when the caller has room for them. */
class WatchedCall extends ServerInterceptingCall {
  readonly #options: WatchedCallOptions;

  constructor(call: ServerInterceptingCallInterface, options: WatchedCallOptions) {
    super(call, {
      start: (next) => {
        next(options.listener.build());
      },
    });
    this.#options = options;
  }

  override sendMessage(message: unknown, callback: () => void): void {
    const { caller, answersEach } = this.#options;
    if (answersEach) caller.answered();
    caller.sent();
    super.sendMessage(message, () => {
      caller.read();
      callback();
    });
  }

  override sendStatus(status: Parameters<ServerInterceptingCall['sendStatus']>[0]): void {
    this.#options.caller.sent();
    super.sendStatus(status);
  }
}

/** grpc-js has no way to give a call up whose caller does not read: a status waits behind what is unread. */
function reset(call: ServerInterceptingCallInterface): void {
  const { stream } = call as unknown as { readonly stream?: ServerHttp2Stream };
  stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

function silent(maxSilentMs: number): SipfError {
  const message =
    `the caller sent nothing for ${maxSilentMs} ms while nothing of it was under way, which is all that --max-silent-ms lets it: ` +
    'send the next request within that time, or end the call and open another one later';
  return new SipfError('deadline-exceeded', message, { reason: 'STREAM_SILENT' });
}
