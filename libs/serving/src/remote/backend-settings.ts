import { wrongSettings, type Logger } from '@sipf/service';
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
    .enum(['folder', 'digest', 'resolver'])
    .optional()
    .describe(
      'How the server gets an adapter. It is asked to load it, by its folder on storage that both see, or by its digest; ' +
        'or its resolver (deploy/vllm) finds it by its name. By default folder for one server, resolver for several.',
    ),
  backendWeights: z
    .enum(['fixed', 'reload'])
    .default('fixed')
    .describe(
      'fixed: the server keeps its weights; reload: it loads those that requests name (deploy/vllm).',
    ),
} as const;

/** The parsed form of {@link generatorShape}. */
export type GeneratorSettings = z.infer<z.ZodObject<typeof generatorShape>>;

/** Servers that write, and how they are spoken to. */
export interface Backend extends Connection {
  readonly dialect: GeneratorSettings['backendDialect'];
  readonly prompt: GeneratorSettings['backendPrompt'];
  readonly adapter: NonNullable<GeneratorSettings['backendAdapter']>;
}

/**
 * The servers of the settings; undefined where this process is to write itself.
 * @throws SipfError as connectionOf; invalid-argument SETTINGS_INVALID for settings that do not go together
 */
export function backendOf(settings: GeneratorSettings, logger: Logger): Backend | undefined {
  if (settings.backend === 'engine') return undefined;
  const connection = connectionOf(settings, logger);
  const { areSeveral } = connection.servers;
  checkTogether(settings, areSeveral);
  return {
    ...connection,
    dialect: settings.backendDialect,
    prompt: settings.backendPrompt,
    adapter: settings.backendAdapter ?? (areSeveral ? 'resolver' : 'folder'),
  };
}

/** What one setting asks of another. @throws SipfError invalid-argument SETTINGS_INVALID */
function checkTogether(settings: GeneratorSettings, areSeveral: boolean): void {
  const { backendAdapter = 'resolver', backendWeights, backendDialect } = settings;
  const wrong = (flag: string, description: string): never => {
    throw wrongSettings([{ field: `--${flag}`, description }]);
  };
  if (areSeveral && backendAdapter !== 'resolver')
    wrong(
      'backend-adapter',
      'must be resolver where --backend-url names several servers: a load reaches one of them',
    );
  if (backendWeights === 'fixed') return;
  if (backendDialect !== 'vllm') wrong('backend-weights', 'reload is for --backend-dialect vllm');
}
