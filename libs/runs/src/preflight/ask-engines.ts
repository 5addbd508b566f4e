import { urlsOf, type EnginesConfig, type RunConfig } from '@sipf/contracts';
import { createLogger } from '@sipf/service';
import type { AskedServers, ServersLook } from '@sipf/serving';
import { existsSync } from 'node:fs';
import type { Answers } from '../forecast/answers.ts';
import { simulatorShape, verifierShape, type Facts } from '../forecast/facts.ts';
import { engineParts } from '../forecast/work.ts';
import { adapterWay, isAdapted, servedFolder } from '../vllm/vllm-starts.ts';
import { askTrainer } from './ask-trainer.ts';

type Writer = Exclude<EnginesConfig['policy'], { readonly kind: 'engine' }>;

/** Texts at a time where a run does not say. */
const AT_A_TIME = 64;

/**
 * Asks the engines of others that a run names what they are and what they would refuse, and has those that answer work a little
 * for their speed. Changes nothing there; takes half a minute at most.
 * @param isHere whether the run is planned for this machine, whose Python would train
 */
export async function askEngines(facts: Facts, { isHere }: { readonly isHere: boolean }): Promise<Answers> {
  const { engines } = facts.config;
  if (engines === undefined) return {};
  const parts = engineParts(facts);
  const { policy, simulator, verifier, trainer } = engines;
  const asked: Readonly<Record<string, Promise<NonNullable<Answers['policy']>> | undefined>> = {
    policy: parts.has('policy') && policy.kind !== 'engine' ? askWriter('policy', policy, facts) : undefined,
    simulator:
      parts.has('simulator') && simulator.kind !== 'engine'
        ? askWriter('simulator', simulator, facts)
        : undefined,
    verifier: parts.has('verifier') && verifier.kind !== 'engine' ? askVerifier(verifier, facts) : undefined,
    trainer:
      parts.has('trainer') && trainer.kind !== 'engine' ? trainerOf(trainer, facts, isHere) : undefined,
  };
  const answers = await Promise.all(
    Object.entries(asked).map(async ([part, answer]) => [part, await answer] as const),
  );
  return Object.fromEntries(answers.filter(([, answer]) => answer !== undefined)) as Answers;
}

async function trainerOf(
  trainer: Extract<EnginesConfig['trainer'], { readonly kind: 'trl' }>,
  { config }: Facts,
  isHere: boolean,
): Promise<NonNullable<Answers['trainer']>> {
  if (isHere) return await askTrainer(trainer, config);
  return { notes: ['the Python that trains is on another machine and is not asked'] };
}

async function askWriter(
  part: 'policy' | 'simulator',
  writer: Writer,
  facts: Facts,
): Promise<NonNullable<Answers['policy']>> {
  const { config, shapes } = facts;
  const shape = part === 'policy' ? shapes.policy : simulatorShape(shapes);
  const name = await nameOf(part, writer, config);
  return await ask({
    ...reached(writer),
    kind: writer.kind,
    ...name,
    adapter: isAdapted(part, config) ? adapterWay(writer) : undefined,
    reloads: writer.kind === 'vllm' && writer.weights === 'reload',
    probe: {
      vocabSize: shape.vocabSize,
      tokens: facts.texts.prompt.mean,
      requests: writer.concurrency ?? AT_A_TIME,
    },
  });
}

type Pooling = Exclude<EnginesConfig['verifier'], { readonly kind: 'engine' }>;

/** The verifier is trained in the run, so that what is served now is another one. */
async function askVerifier(verifier: Pooling, facts: Facts): Promise<NonNullable<Answers['verifier']>> {
  const tokens =
    facts.texts.prompt.mean + Math.min(facts.texts.solution.mean, facts.config.sampling.maxNewTokens);
  const { vocabSize } = verifierShape(facts);
  const probe = { vocabSize, tokens, requests: verifier.concurrency ?? AT_A_TIME };
  return await ask({ ...reached(verifier), kind: 'pooling', name: undefined, reloads: false, probe });
}

function reached(server: Writer | Pooling): Pick<AskedServers, 'urls' | 'keyFile'> {
  return { urls: urlsOf(server).join(','), keyFile: server.keyFile };
}

interface Named {
  readonly name: string | undefined;
  /** Why there is none. */
  readonly why?: string;
}

/** As the run's services will ask: by the name that the configuration gives, or by the digest of the folder. */
async function nameOf(part: 'policy' | 'simulator', writer: Writer, config: RunConfig): Promise<Named> {
  // What a hook starts has the right name when it is there.
  if (writer.hook !== undefined) return { name: undefined, why: 'a hook starts its models' };
  if (writer.model !== undefined) return { name: writer.model };
  const folder = servedFolder(part, config);
  if (folder === undefined) return { name: undefined, why: 'its model is made by the run' };
  if (!existsSync(folder))
    return {
      name: undefined,
      why: `${folder} is not here, so that its digest, the server's name of it, is not known`,
    };
  const { digestFolder } = await import('@sipf/models');
  return { name: await digestFolder(folder) };
}

async function ask({
  why,
  ...asked
}: AskedServers & Partial<Named>): Promise<NonNullable<Answers['policy']>> {
  const { lookAtServers } = await import('@sipf/serving');
  const logger = createLogger({ service: 'sipf', level: 'silent' });
  return answerOf(await lookAtServers(asked, logger), { why, takesAdapters: asked.adapter !== undefined });
}

const FLOATS = ['float32', 'float16', 'bfloat16'];

function answerOf(
  look: ServersLook,
  { why, takesAdapters }: { readonly why: string | undefined; readonly takesAdapters: boolean },
): NonNullable<Answers['policy']> {
  const { facts, maxModelLen, faults, away, measured } = look;
  const words = (of: 'version' | 'precision'): string =>
    [...new Set(facts.flatMap((one) => one[of] ?? []))].toSorted().join(', ');
  const ranks = facts.flatMap(({ maxLoraRank }) => maxLoraRank ?? []);
  const precision = words('precision');
  const isQuantised = precision !== '' && !FLOATS.includes(precision);
  const isThere = facts.length > 0;
  return {
    ...{ version: words('version'), precision, maxModelLen, faults, away, measured },
    maxLoraRank: ranks.length === 0 ? undefined : Math.min(...ranks),
    notes: [
      ...(isThere && why !== undefined ? [`whether it serves the run's model is not known: ${why}`] : []),
      ...(isThere && takesAdapters && ranks.length === 0
        ? [
            'does not say which ranks of adapters it takes: a vLLM says it with the plugin of deploy/vllm, ' +
              "where it sees this machine's temporary folder, or with VLLM_SERVER_DEV_MODE=1",
          ]
        : []),
      ...(isQuantised
        ? [`the server computes in ${precision}, and its results are those of rounded weights`]
        : []),
      ...(isThere && faults.length === 0 && measured === undefined
        ? ['answers, but wrote nothing in time: its speed is assumed']
        : []),
    ],
  };
}
