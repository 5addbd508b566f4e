import type { Logger } from '@sipf/service';
import { z } from 'zod';
import { servingShape } from '../serving-settings.ts';
import { connectionOf, connectionShape, type Connection } from './connection.ts';

/** The settings of a service whose models write: those of {@link servingShape}, and where the writing is done. */
export const generatorShape = {
  ...servingShape,
  backend: z
    .enum(['engine', 'openai'])
    .default('engine')
    .describe("engine: in this process; openai: by a server that speaks OpenAI's completions."),
  ...connectionShape,
  backendDialect: z
    .enum(['vllm', 'openai'])
    .default('vllm')
    .describe("vllm: with vLLM's fields beside OpenAI's; openai: without them."),
  backendPrompt: z.enum(['tokens', 'text']).default('tokens').describe('What a prompt is sent as.'),
  backendAdapter: z
    .enum(['folder', 'digest'])
    .default('folder')
    .describe('What the server finds an adapter by: its folder, on storage that both see, or its digest.'),
} as const;

/** The parsed form of {@link generatorShape}. */
export type GeneratorSettings = z.infer<z.ZodObject<typeof generatorShape>>;

/** Servers that write, and how they are spoken to. */
export interface Backend extends Connection {
  readonly dialect: GeneratorSettings['backendDialect'];
  readonly prompt: GeneratorSettings['backendPrompt'];
  readonly adapter: GeneratorSettings['backendAdapter'];
}

/**
 * The servers of the settings; undefined where this process is to write itself.
 * @throws SipfError as connectionOf
 */
export function backendOf(settings: GeneratorSettings, logger: Logger): Backend | undefined {
  if (settings.backend === 'engine') return undefined;
  return {
    ...connectionOf(settings, logger),
    dialect: settings.backendDialect,
    prompt: settings.backendPrompt,
    adapter: settings.backendAdapter,
  };
}
