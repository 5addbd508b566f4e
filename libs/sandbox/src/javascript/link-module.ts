import type ivm from 'isolated-vm';
import { finishModule } from './compile-program.ts';

/** The context of linking a module. */
export interface Linking {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
  /** The return value of the realm's source. */
  readonly realm: ivm.Reference;
}

/** Passes the realm's modules to their stand-ins; deleted before the program's first line. */
const handover = 'sipfRealm';

/**
 * Links a program that is a module with the realm's modules.
 * @returns the error where it imports any other
 */
export function linkModule(module: ivm.Module, linking: Linking): string | undefined {
  const { context, realm } = linking;
  const call = (name: string, ...values: string[]) =>
    realm.getSync(name, { reference: true }).applySync(undefined, values) as string;
  const names = call('moduleNames').split(' ');
  const wanted = new Set(module.dependencySpecifiers);
  const missing = [...wanted].find((name) => name !== finishModule && !names.includes(plainName(name)));
  if (missing !== undefined) {
    return `Error: Cannot find module '${missing}'\nThere are only ${names.join(', ')}`;
  }
  context.global.setSync(handover, realm.derefInto());
  const linked = new Map(
    [...wanted].map((name) => [
      name,
      standIn(name, name === finishModule ? '' : call('keysOf', name), linking),
    ]),
  );
  context.global.deleteSync(handover);
  module.instantiateSync(context, (name) => {
    const found = linked.get(name);
    if (found === undefined) throw new RangeError(`no module ${name}`);
    return found;
  });
  return undefined;
}

function plainName(name: string): string {
  return name.replace(/^node:/, '');
}

/** A module that exports the members of one of the realm's, and the whole as its default. */
function standIn(name: string, keys: string, { isolate, context }: Linking): ivm.Module {
  const source =
    name === finishModule
      ? `export const { finish } = ${handover};`
      : [
          `const found = ${handover}.loadModule(${JSON.stringify(name)});`,
          'export default found;',
          ...keys
            .split(' ')
            .filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default')
            .map((key, at) => `const k${at} = found.${key}; export { k${at} as ${key} };`),
        ].join('\n');
  const module = isolate.compileModuleSync(source, { filename: 'sandbox:module' });
  module.instantiateSync(context, () => module);
  module.evaluateSync();
  return module;
}
