/** Makes a class look like one of the web's: members that can be enumerated, and a tag. */
export type LabelType = (
  type: { readonly prototype: object },
  tag: string,
  members: readonly string[],
) => void;

/** Builds {@link LabelType}. Runs inside the isolate from its source text. */
export function createLabel(): LabelType {
  const { defineProperty } = Object;
  return ({ prototype }, tag, members) => {
    for (const name of members) defineProperty(prototype, name, { enumerable: true });
    defineProperty(prototype, Symbol.toStringTag, { value: tag, configurable: true });
  };
}
