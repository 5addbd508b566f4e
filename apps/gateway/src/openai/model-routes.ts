import { common, generation } from '@sipf/contracts';
import { loadAdapterRequest, unloadAdapterRequest, type ModelCard } from '@sipf/openai';
import type { FastifyInstance } from 'fastify';
import { adapterAt } from './adapter-location.ts';
import { parseBody } from './openai-error.ts';
import { allowed, type OpenAiParts } from './openai-parts.ts';

const { info, prepare } = generation.GenerationServiceDefinition.methods;

/** Adds the routes that list models, and those that load and unload adapters as vLLM does. */
export function addModelRoutes(server: FastifyInstance, parts: OpenAiParts): void {
  const { names, client, callOptions, now } = parts;
  server.get('/v1/models', allowed(info), async (request, reply) => {
    const answer = await client.info({}, callOptions(request, reply));
    return { object: 'list', data: cardsOf(answer.info, parts) };
  });
  server.get<{ Params: { '*': string } }>('/v1/models/*', allowed(prepare), async (request, reply) => {
    const id = request.params['*'];
    await client.prepare({ model: names.resolve(id) }, { ...callOptions(request, reply), idempotent: true });
    const parent = names.adapters.find(({ name }) => name === id)?.parent ?? null;
    return cardOf(id, { parent, created: parts.startedAt });
  });
  server.post('/v1/load_lora_adapter', allowed(prepare), async (request, reply) => {
    const {
      lora_name: name,
      lora_path: location,
      base_model_name: base,
    } = parseBody(loadAdapterRequest, request.body);
    const { digest } = names.resolve(base ?? undefined);
    const adapterDigest = await adapterAt(location, parts.adaptersFolder);
    const options = { ...callOptions(request, reply), idempotent: true };
    const { model: ref = common.ModelRef.create() } = await client.prepare(
      { model: { digest, adapterDigest } },
      options,
    );
    names.add({ name, ref, parent: base ?? names.served ?? ref.digest, loadedAt: now() });
    return await reply.type('text/plain').send(`Success: LoRA adapter '${name}' added successfully.`);
  });
  server.post('/v1/unload_lora_adapter', allowed(prepare), (request, reply) => {
    const { lora_name: name } = parseBody(unloadAdapterRequest, request.body);
    names.remove(name);
    return reply.type('text/plain').send(`Success: LoRA adapter '${name}' removed successfully.`);
  });
}

function cardsOf(about: common.ServiceInfo | undefined, { names, startedAt }: OpenAiParts): ModelCard[] {
  const created = startedAt;
  const bases = (about?.models ?? []).filter(({ model }) => model?.adapterDigest === '');
  const cards = bases.map(({ model, maxSequenceTokens }) =>
    cardOf(model?.digest ?? '', { parent: null, created, longest: maxSequenceTokens }),
  );
  const own = names.served === undefined ? [] : [cardOf(names.served, { parent: null, created })];
  const adapters = names.adapters.map(({ name, parent, loadedAt }) =>
    cardOf(name, { parent, created: loadedAt }),
  );
  return [...own, ...cards, ...adapters];
}

function cardOf(
  id: string,
  {
    parent,
    created,
    longest,
  }: { readonly parent: string | null; readonly created: number; readonly longest?: number },
): ModelCard {
  const length = longest === undefined ? {} : { max_model_len: longest };
  return { id, object: 'model', created: Math.floor(created / 1000), owned_by: 'sipf', parent, ...length };
}
