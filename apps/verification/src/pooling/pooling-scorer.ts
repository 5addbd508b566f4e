import { readUntilAborted, withPauses, type CallOptions, type FairGate } from '@sipf/async';
import {
  OpenCalls,
  type ModelFacts,
  type OpenCall,
  type StepScoreRequest,
  type StepScores,
} from '@sipf/inference';
import { probabilityOf } from '@sipf/method';
import type { Endpoint, Server, ServerLease } from '@sipf/openai';
import type { StepScorer } from '../step-scorer.ts';
import { readLogOdds, type PoolingHead } from './read-log-odds.ts';

/** A verifier that a server holds. */
export interface PooledVerifier {
  readonly facts: ModelFacts;
  /** The server's name of it. */
  readonly name: string;
  readonly head: PoolingHead;
  readonly endpoint: Endpoint;
  /** Makes a server ready for a request of the verifier. */
  readonly lease: (server: Server, signal: AbortSignal) => Promise<ServerLease>;
  /** Requests under way at the same time; shared by all models of the server. */
  readonly gate: FairGate;
}

/** Most rows, and most tokens, of one request: its answer has two numbers a token. */
const MOST_ROWS = 32;
const MOST_TOKENS = 16_384;

interface IndexedRow {
  readonly rowIndex: number;
  readonly row: StepScoreRequest;
}

/** Scores steps on a server that pools tokens (`POST /pooling` of vLLM): a group of rows a request. */
export class PoolingScorer implements StepScorer {
  readonly model: ModelFacts;
  readonly #verifier: PooledVerifier;
  readonly #calls = new OpenCalls();

  constructor(verifier: PooledVerifier) {
    this.#verifier = verifier;
    this.model = verifier.facts;
  }

  scoreSteps(
    rows: Iterable<StepScoreRequest> | AsyncIterable<StepScoreRequest>,
    options: CallOptions = {},
  ): AsyncGenerator<StepScores, void, undefined> {
    return this.#calls.stream(options, (call: OpenCall<StepScores>) => ({
      items: groupsOf(readUntilAborted(rows, call.signal)),
      gate: this.#verifier.gate,
      run: (group: readonly IndexedRow[]) => this.#score(group, call),
    }));
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  async #score(group: readonly IndexedRow[], { results, signal }: OpenCall<StepScores>): Promise<void> {
    const { name, head, endpoint, lease } = this.#verifier;
    const rows = group.map(({ row }) => row);
    const body = {
      ...{ model: name, task: 'token_classify', use_activation: false, encoding_format: 'base64' },
      input: rows.map(({ ids }) => ids),
    };
    const parse = (text: string): number[][] | undefined => readLogOdds(text, { name, rows, head });
    const scored = await endpoint.post('../pooling', body, {
      ...{ signal, parse },
      lease: (server) => lease(server, signal),
    });
    group.forEach(({ rowIndex }, at) => {
      const logOdds = scored[at] ?? [];
      results.push({ rowIndex, logOdds, probabilities: logOdds.map(probabilityOf) });
    });
  }
}

/** Rows that are there together, in groups that a request may hold. */
async function* groupsOf(
  rows: Iterable<StepScoreRequest> | AsyncIterable<StepScoreRequest>,
): AsyncGenerator<readonly IndexedRow[], void, undefined> {
  let [group, tokens, rowIndex]: [IndexedRow[], number, number] = [[], 0, 0];
  for await (const step of withPauses(rows)) {
    const added = step.kind === 'item' ? step.item.ids.length : 0;
    const isFull = group.length >= MOST_ROWS || tokens + added > MOST_TOKENS;
    if (group.length > 0 && (step.kind === 'pause' || isFull)) {
      yield group;
      [group, tokens] = [[], 0];
    }
    if (step.kind === 'pause') continue;
    group.push({ rowIndex: rowIndex++, row: step.item });
    tokens += added;
  }
  if (group.length > 0) yield group;
}
