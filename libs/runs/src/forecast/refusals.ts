import { isTestedVersion, testedReleases, type EnginePart } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { rankRefusals } from '../plan/adapter-rank.ts';
import { partOfStage } from '../plan/engine-facts.ts';
import { planRun } from '../plan/plan-run.ts';
import { DATA } from '../plan/stage.ts';
import { isAdapted } from '../vllm/vllm-starts.ts';
import type { Answers, EngineFault } from './answers.ts';
import { simulatorShape, verifierShapes, type Facts } from './facts.ts';
import { longestSequence } from './longest-sequence.ts';
import { enginesOf } from './services.ts';
import { engineParts } from './work.ts';

const PARTS = ['policy', 'simulator', 'verifier', 'trainer'] as const;

/** What an engine would refuse of a run, or what about it is not as its configuration says, each with the remedy. */
export function engineRefusals(facts: Facts, answers: Answers): FieldViolation[] {
  return [
    ...PARTS.flatMap((part) => mismatches(part, facts, answers[part])),
    ...PARTS.flatMap((part) => (answers[part]?.faults ?? []).map((fault) => faultOf(part, fault))),
    ...(['policy', 'simulator'] as const).flatMap((part) => lengthRefusals(part, facts, answers[part])),
    ...(['policy', 'simulator'] as const).flatMap((part) => weightsRefusals(part, facts)),
    ...verifierWeights(facts),
    ...verifierLength(facts, answers.verifier),
    ...PARTS.flatMap((part) => rankRefusals(facts.config, part, answers[part]?.maxLoraRank)),
  ];
}

/** What is worth knowing of the engines that were asked: who is silent, which versions nobody has tried. */
export function engineNotes(facts: Facts, answers: Answers): string[] {
  const engines = enginesOf(facts);
  return Object.entries(answers).flatMap(([name, answer]) => {
    const part = name as EnginePart;
    const { kind } = engines[part];
    const wanted = precisionOf(engines[part]);
    const versions = (answer.version ?? '')
      .split(', ')
      .filter((one) => one !== '' && !isTestedVersion(kind, one));
    return [
      ...(answer.away ?? []).map(
        (who) => `does not answer (${who}): what it would refuse is not known, its speed is assumed`,
      ),
      ...versions.map(
        (one) =>
          `${kind} ${one} is not a version that the suites run against (${testedReleases(kind) ?? ''})`,
      ),
      ...(wanted !== undefined && answer.precision === '' && answer.away?.length === 0
        ? [
            `does not say what it computes in, ${wanted} is wanted: a vLLM says it with VLLM_SERVER_DEV_MODE=1`,
          ]
        : []),
      ...(answer.notes ?? []),
    ].map((note) => `engines.${part}: ${note}`);
  });
}

function precisionOf(engine: object): string | undefined {
  return 'precision' in engine && typeof engine.precision === 'string' ? engine.precision : undefined;
}

const MODEL_OF = {
  policy: 'policy.model',
  simulator: 'simulator.model',
  verifier: 'verifier.base',
  trainer: 'policy.model',
};

function faultOf(part: EnginePart, { about, description }: EngineFault): FieldViolation {
  return { field: about === 'vocabulary' ? MODEL_OF[part] : `engines.${part}.${about}`, description };
}

function mismatches(part: EnginePart, facts: Facts, answer: Answers[EnginePart]): FieldViolation[] {
  const engine = enginesOf(facts)[part];
  const found: FieldViolation[] = [];
  if (answer?.kind !== undefined && answer.kind !== engine.kind) {
    const description = `is ${engine.kind}, and ${answer.kind} answers: set it to ${answer.kind}, or name other servers`;
    found.push({ field: `engines.${part}.kind`, description });
  }
  const wanted = precisionOf(engine);
  if (
    wanted !== undefined &&
    answer?.precision !== undefined &&
    answer.precision !== '' &&
    answer.precision !== wanted
  ) {
    const description = `is ${wanted}, and the server computes in ${answer.precision}: start it with --dtype ${wanted}`;
    found.push({ field: `engines.${part}.precision`, description });
  }
  return found;
}

/** A server of fixed weights takes adapters alone, and what a training of all weights makes is another model. */
function weightsRefusals(part: 'policy' | 'simulator', facts: Facts): FieldViolation[] {
  const { config } = facts;
  const server = enginesOf(facts)[part];
  const isFixed = server.kind === 'vllm' && server.weights !== 'reload' && server.hook === undefined;
  const isTrained = planRun(config).some(
    (stage) => partOfStage(stage) === part && (stage.simulatorFrom ?? stage.policyFrom) !== DATA,
  );
  if (!isFixed || isAdapted(part, config) || !isTrained) return [];
  const isOwn = part === 'simulator' && config.simulator?.model !== 'policy';
  const adapters = isOwn ? '' : 'set policy.lora, whose adapters it loads, ';
  const description =
    `fixed, and the run trains all weights of the ${isOwn ? 'simulator' : 'policy'}: ${adapters}` +
    'let this be reload, or name a hook that starts it with them';
  return [{ field: `engines.${part}.weights`, description }];
}

/** Pooling servers keep their weights, and what a run trains is another verifier. */
function verifierWeights(facts: Facts): FieldViolation[] {
  const { verifier } = enginesOf(facts);
  if (verifier.kind !== 'pooling' || verifier.hook !== undefined) return [];
  if (!planRun(facts.config).some((stage) => partOfStage(stage) === 'verifier')) return [];
  const description =
    'is missing, and the run trains the verifiers that it asks: name a program that starts the server with ' +
    'each of them (deploy/vllm), or let kind be engine';
  return [{ field: 'engines.verifier.hook', description }];
}

/** The longest question with the longest completion must fit the model, and what its server takes. */
function lengthRefusals(
  part: 'policy' | 'simulator',
  facts: Facts,
  answer: Answers[EnginePart],
): FieldViolation[] {
  const engine = enginesOf(facts)[part];
  if (!engineParts(facts).has(part)) return [];
  const shape = part === 'policy' ? facts.shapes.policy : simulatorShape(facts.shapes);
  const { tokens, prompt, field } = longestSequence(part, facts);
  const limit = Math.min(shape.maxTokens, answer?.maxModelLen ?? Infinity);
  if (tokens <= limit) return [];
  const isServer = limit < shape.maxTokens;
  if (engine.kind === 'engine' && !isServer) return [];
  const who = isServer ? `the server takes ${limit} (max_model_len)` : `${shape.name} takes ${limit}`;
  // A prompt that leaves no room for a token is for no completion's setting to mend.
  const less = prompt.tokens < limit ? { field, remedy: 'lower this' } : prompt;
  const restart = isServer && tokens <= shape.maxTokens ? `start it with --max-model-len ${tokens}, or ` : '';
  return [
    {
      field: less.field,
      description:
        `the longest sequence is ${tokens} tokens, ${prompt.tokens} of them its prompt, ` +
        `and ${who}: ${restart}${less.remedy}`,
    },
  ];
}

function verifierLength(facts: Facts, answer: Answers[EnginePart]): FieldViolation[] {
  if (!engineParts(facts).has('verifier') || enginesOf(facts).verifier.kind === 'engine') return [];
  const lengths = verifierShapes(facts).map(({ maxTokens }) => maxTokens);
  const limit = Math.min(...lengths, answer?.maxModelLen ?? Infinity);
  const longest = facts.texts.prompt.longest + facts.config.sampling.maxNewTokens;
  if (longest <= limit) return [];
  const description =
    `the longest path is ${longest} tokens and the verifier takes ${limit}: start its server ` +
    `with --max-model-len ${longest} where the model allows, or lower sampling.maxNewTokens`;
  return [{ field: 'engines.verifier', description }];
}
