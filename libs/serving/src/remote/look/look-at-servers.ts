import { orAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { ServerFault, type Server } from '@sipf/openai';
import type { Logger } from '@sipf/service';
import { connectionOf } from '../connection.ts';
import { findModel, listModels, type Card } from '../remote-models.ts';
import { readServerFacts, type ServerFacts } from '../server-facts.ts';
import type { AskedServers, ServersFault, ServersLook } from './asked-servers.ts';
import { adapterFault, reloadFault } from './check-abilities.ts';
import { measurePooling, measureWriting, type ProbedServers } from './measure-servers.ts';
import { poolingFault, writingFault } from './probe-server.ts';

/** Longest look, without measuring. */
const LOOK_MS = 8000;

/**
 * Asks servers what they are and whether they could do what a run asks, without changing anything there, and has them write or
 * score a little for their speed. Takes half a minute at most, whoever is silent.
 */
export async function lookAtServers(asked: AskedServers, logger: Logger): Promise<ServersLook> {
  const signal = AbortSignal.timeout(LOOK_MS);
  try {
    const { endpoint } = connectionOf(settingsOf(asked), logger);
    const servers = await orAborted(endpoint.each(), signal);
    const looks = await Promise.all(servers.map((server) => lookAgain(server, asked, signal)));
    const cards = looks.flatMap(({ card }) => card ?? []);
    const faults = looks.flatMap(({ faults: own }) => own);
    const lengths = cards.flatMap(({ max_model_len: length }) => length ?? []);
    const maxModelLen = lengths.length === 0 ? undefined : Math.min(...lengths);
    const model = cards[0]?.id;
    const probed = { endpoint, kind: asked.kind, probe: asked.probe, room: maxModelLen };
    const isFit = faults.length === 0 && model !== undefined;
    return {
      facts: looks.flatMap(({ facts }) => facts ?? []),
      maxModelLen,
      faults: [...new Map(faults.map((fault) => [fault.description, fault])).values()],
      away: looks.flatMap(({ away }) => away ?? []),
      measured: isFit ? await measure({ ...probed, model }) : undefined,
    };
  } catch (error) {
    return { facts: [], maxModelLen: undefined, faults: [], away: [wordsOf(error)], measured: undefined };
  }
}

async function measure(servers: ProbedServers): Promise<ServersLook['measured']> {
  try {
    return await (servers.kind === 'pooling' ? measurePooling(servers) : measureWriting(servers));
  } catch {
    // What they refuse was asked of each of them before: they are too slow or too busy to be measured.
    return undefined;
  }
}

function settingsOf({ kind, urls, keyFile }: AskedServers): Parameters<typeof connectionOf>[0] {
  const patience = {
    backendTimeoutMs: LOOK_MS,
    backendAttempts: 1,
    backendConcurrency: 1,
    backendHookTimeoutMs: LOOK_MS,
  };
  return { backend: kind, backendUrl: urls, backendKeyFile: keyFile, ...patience };
}

interface Look {
  readonly facts?: ServerFacts;
  readonly card?: Card;
  readonly faults: readonly ServersFault[];
  readonly away?: string;
}

/** Once more where a server did not answer: it may just have closed a connection that was kept open from before. */
async function lookAgain(server: Server, asked: AskedServers, signal: AbortSignal): Promise<Look> {
  const first = await look(server, asked, signal);
  return first.away === undefined || signal.aborted ? first : await look(server, asked, signal);
}

async function look(server: Server, asked: AskedServers, signal: AbortSignal): Promise<Look> {
  try {
    const listed = await listModels(server, signal);
    const wants = asked.adapter === undefined ? 'a model' : 'adapters';
    const facts = asked.kind === 'openai' ? {} : await readServerFacts(server, { wants, signal });
    const card = await cardOf(server, asked, { listed, signal });
    if (card instanceof SipfError) return { facts, faults: [{ about: 'model', description: card.message }] };
    const faults = await faultsOf(server, asked, { facts, model: card?.id, signal });
    return { facts, faults, ...(card === undefined ? {} : { card }) };
  } catch (error) {
    return { faults: [], away: `${server.host}: ${wordsOf(error)}` };
  }
}

/** The wanted model's, or, where its name is not known yet, that of a model that the server holds. */
async function cardOf(
  server: Server,
  { name }: AskedServers,
  { listed, signal }: { readonly listed: readonly Card[]; readonly signal: AbortSignal },
): Promise<Card | SipfError | undefined> {
  if (name === undefined) return listed.find(({ parent }) => typeof parent !== 'string');
  try {
    return await findModel(server, name, signal);
  } catch (error) {
    if (error instanceof SipfError) return error;
    throw error;
  }
}

async function faultsOf(
  server: Server,
  { kind, adapter, reloads, probe }: AskedServers,
  {
    facts,
    model,
    signal,
  }: {
    readonly facts: ServerFacts;
    readonly model: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<ServersFault[]> {
  const tried = kind === 'pooling' ? poolingFault : writingFault;
  const found = await Promise.all([
    model === undefined ? undefined : tried(server, { model, probe, signal }),
    adapter === undefined ? undefined : adapterFault(server, { kind, adapter, facts, signal }),
    reloads ? reloadFault(server, signal) : undefined,
  ]);
  return found.filter((fault) => fault !== undefined);
}

function wordsOf(error: unknown): string {
  if (error instanceof ServerFault || error instanceof SipfError) return error.message;
  const isLate = error instanceof Error && ['TimeoutError', 'AbortError'].includes(error.name);
  if (isLate) return `no answer within ${LOOK_MS / 1000} s`;
  return error instanceof Error ? error.message : String(error);
}
