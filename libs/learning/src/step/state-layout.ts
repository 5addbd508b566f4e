/** Where one trainable tensor lies inside the flat state vectors (parameters, m and v alike), in elements. */
interface StateSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/**
 * How all trainable tensors share one vector [size]. One vector instead of a tensor each keeps the update at a
 * dozen graph nodes whatever the number of tensors, and the optimiser's state in three buffers.
 */
export interface StateLayout {
  readonly slots: readonly StateSlot[];
  readonly size: number;
}

/** Lays the tensors out one after the other, in the map's order, without gaps. */
export function layOutState(shapes: ReadonlyMap<string, readonly number[]>): StateLayout {
  let offset = 0;
  const slots = [...shapes].map(([name, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const slot = { name, shape, offset, size };
    offset += size;
    return slot;
  });
  return { slots, size: offset };
}

/** A new vector holding every tensor of the layout. @throws RangeError where a tensor has another size */
export function packState(layout: StateLayout, tensor: (name: string) => Float32Array): Float32Array {
  const flat = new Float32Array(layout.size);
  for (const slot of layout.slots) {
    const values = tensor(slot.name);
    if (values.length !== slot.size) {
      throw new RangeError(`${slot.name} has ${values.length} elements, its shape asks for ${slot.size}`);
    }
    flat.set(values, slot.offset);
  }
  return flat;
}

/** The tensors inside a state vector, as views of its memory. */
export function unpackState(layout: StateLayout, flat: Float32Array): Map<string, Float32Array> {
  return new Map(
    layout.slots.map((slot) => [slot.name, flat.subarray(slot.offset, slot.offset + slot.size)]),
  );
}
