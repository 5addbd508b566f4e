import {
  createMetricsRegistry,
  createService,
  programVersion,
  runService,
  type Implementation,
} from '@sipf/service';
import { boundedCalls } from './bounded-calls.ts';
import { createServing, type ServedKind, type Serving } from './serving.ts';
import { servingShape } from './serving-settings.ts';

/** A program that serves models of one kind. */
export interface ModelService<Host, M> {
  readonly kind: ServedKind<Host, M>;
  /** `import.meta.url` of the program, whose package says its version. */
  readonly entryUrl: string;
  /** The gRPC service over the models. */
  readonly implementation: (serving: Serving<M>) => Implementation;
}

/** Runs the program until it is told to stop: settings, models, events, server. */
export async function runModelService<Host, M>({
  kind,
  entryUrl,
  implementation,
}: ModelService<Host, M>): Promise<void> {
  const name = kind.service;
  await runService({
    name,
    shape: servingShape,
    main: async ({ settings, serviceSettings, logger }) => {
      const registry = createMetricsRegistry();
      const version = programVersion(entryUrl);
      const serving = await createServing(kind, { settings, logger, version, registry });
      return createService({
        name,
        implementations: [implementation(serving)],
        settings: boundedCalls(serviceSettings, settings),
        logger,
        registry,
        close: () => serving.close(),
      });
    },
  });
}
