import { common, verification } from '@sipf/contracts';
import { createClient, type ClientOptions } from '@sipf/service';

/** A path whose steps are to be scored: a list of steps, or a text of which every line is one. */
export type PathToScore =
  | { readonly question: string; readonly steps: readonly string[] }
  | { readonly question: string; readonly text: string };

/** A path's scores, or why it has none. */
export type PathScores =
  | {
      readonly kind: 'scored';
      /** V(q, s_1..t) in [0, 1], one a step. */
      readonly probabilities: readonly number[];
      /** log(V / (1 - V)) of each of them. */
      readonly logOdds: readonly number[];
      readonly mean: number;
      readonly min: number;
      readonly product: number;
      /** The sum of log V over the steps, in nats. */
      readonly logProduct: number;
      readonly last: number;
      /** The outcome verifier's at the same steps, the last being the whole path's; empty where it was not asked. */
      readonly outcomeProbabilities: readonly number[];
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };

/** How a client asks. */
export interface ClientSettings extends ClientOptions {
  /** The verifier's digest; any other answer than that model's is an error. @default the service's own model */
  readonly digest?: string;
  /** Whether the service's outcome verifier is asked too. @default false */
  readonly asksOutcome?: boolean;
  /** Whose turn it is when several clients wait. @default '' */
  readonly clientId?: string;
  /** Work that nobody waits for goes after that of others. @default false */
  readonly isBulk?: boolean;
  /** Paths of one request of a stream. @default 64 */
  readonly batch?: number;
}

/** A verification service that runs somewhere. */
export interface VerifierClient extends Disposable {
  /** Scores of some paths, in their order. @throws SipfError as the service does; AbortError for the settings' signal */
  score(paths: readonly PathToScore[]): Promise<PathScores[]>;
  /** Scores of any number of paths, in their order; paths are read only as fast as they are scored. */
  scoreAll(paths: Iterable<PathToScore> | AsyncIterable<PathToScore>): AsyncIterable<PathScores>;
  /** What the service is: verifiers with their formats and lengths, limits, devices. */
  info(): Promise<verification.InfoResponse>;
  close(): void;
}

/** A client of the verification service at `host:port`; it connects at the first call. */
export function connectVerifier(address: string, settings: ClientSettings = {}): VerifierClient {
  const {
    digest = '',
    asksOutcome = false,
    clientId = '',
    isBulk = false,
    batch = 64,
    ...options
  } = settings;
  const client = createClient(verification.VerificationServiceDefinition, address, options);
  const priority = isBulk ? common.Priority.BULK : common.Priority.INTERACTIVE;
  const requestOf = (paths: readonly PathToScore[]): verification.ScoreRequest =>
    verification.ScoreRequest.fromPartial({
      model: { digest },
      rows: paths.map((path) => ('text' in path ? path : { ...path, steps: [...path.steps] })),
      clientId,
      priority,
      verifiers: asksOutcome ? verification.Verifiers.BOTH : verification.Verifiers.PROCESS,
    });
  return {
    score: async (paths) => {
      const { scores } = await client.score(requestOf(paths), { idempotent: true });
      return scores.map(scoresOf);
    },
    scoreAll: async function* (paths) {
      const answers = client.scoreStream(requests(paths, batch, requestOf));
      for await (const { response } of answers) yield* (response?.scores ?? []).map(scoresOf);
    },
    info: () => client.info({}, { idempotent: true }),
    close: () => {
      client.close();
    },
    [Symbol.dispose]: () => {
      client.close();
    },
  };
}

async function* requests(
  paths: Iterable<PathToScore> | AsyncIterable<PathToScore>,
  size: number,
  requestOf: (paths: readonly PathToScore[]) => verification.ScoreRequest,
): AsyncGenerator<verification.ScoreStreamRequest> {
  const order = verification.StreamOrder.REQUEST;
  let batch: PathToScore[] = [];
  for await (const path of paths) {
    batch.push(path);
    if (batch.length < size) continue;
    yield { request: requestOf(batch), order };
    batch = [];
  }
  if (batch.length > 0) yield { request: requestOf(batch), order };
}

function scoresOf({ result }: verification.RowScore): PathScores {
  if (result?.$case !== 'steps') {
    const { reason = common.ErrorReason.UNSPECIFIED, message = 'the service gave no answer' } =
      result?.value ?? {};
    const name = common.errorReasonToJSON(reason).replace(/^ERROR_REASON_/, '');
    return { kind: 'refused', reason: name, message };
  }
  const { probabilities, logOdds, aggregates, outcomeProbabilities } = result.value;
  const { mean = NaN, min = NaN, product = NaN, logProduct = NaN, last = NaN } = aggregates ?? {};
  const rewards = { mean, min, product, logProduct, last };
  return { kind: 'scored', probabilities, logOdds, ...rewards, outcomeProbabilities };
}
