import { descriptorSetUrl } from '@sipf/contracts';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import { readFile } from 'node:fs/promises';

/** Server reflection over a compiled FileDescriptorSet, listing the named services only. */
export async function loadReflection(options: {
  readonly serviceNames: readonly string[];
  /** @default the descriptor set of `@sipf/contracts` */
  readonly descriptorSet?: Uint8Array | undefined;
}): Promise<{ definition: typeof ServerReflectionService; handlers: ReturnType<typeof ServerReflection> }> {
  const descriptorSet = options.descriptorSet ?? new Uint8Array(await readFile(descriptorSetUrl));
  return {
    definition: ServerReflectionService,
    handlers: ServerReflection(descriptorSet, options.serviceNames),
  };
}
