import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import type { Attribute, ConstantTensor } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import type { ExternalData, Value } from '../graph.ts';
import { ONNX_TYPES } from './data-types.ts';

/** A node with the names of its tensors; an empty name is an input left out. */
export interface NodeRecord {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** What a Loop repeats. */
  readonly body?: GraphRecord | undefined;
}

/** A `GraphProto` in plain terms. */
export interface GraphRecord {
  readonly name: string;
  readonly nodes: readonly NodeRecord[];
  readonly initializers: readonly {
    readonly value: Value;
    readonly content: ConstantTensor | ExternalData;
  }[];
  readonly inputs: readonly { readonly name: string; readonly value: Value }[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
}

type Write = (writer: BinaryWriter) => void;

/** The bytes of a `ModelProto`; field numbers as in ONNX's public schema. */
export function encodeModel(
  graph: GraphRecord,
  irVersion: number,
  opsets: Readonly<Record<string, number>>,
): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(irVersion);
  writeText(writer, 2, 'sipf');
  writeMessage(writer, 7, (inner) => {
    writeGraph(inner, graph);
  });
  for (const [domain, version] of Object.entries(opsets)) {
    writeMessage(writer, 8, (inner) => {
      writeText(inner, 1, domain);
      inner.tag(2, WireType.Varint).int64(version);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: GraphRecord): void {
  for (const node of graph.nodes) writeMessage(writer, 1, nodeWriter(node));
  writeText(writer, 2, graph.name);
  for (const { value, content } of graph.initializers)
    writeMessage(writer, 5, initializerWriter(value, content));
  for (const input of graph.inputs) writeMessage(writer, 11, valueInfoWriter(input.name, input.value));
  for (const output of graph.outputs) writeMessage(writer, 12, valueInfoWriter(output.name, output.value));
}

function nodeWriter(node: NodeRecord): Write {
  return (writer) => {
    for (const name of node.inputs) writeText(writer, 1, name);
    for (const name of node.outputs) writeText(writer, 2, name);
    writeText(writer, 4, node.type);
    for (const [name, attribute] of Object.entries(node.attributes)) {
      writeMessage(writer, 5, attributeWriter(name, attribute));
    }
    if (node.body !== undefined) writeMessage(writer, 5, bodyWriter(node.body));
    if (node.domain !== '') writeText(writer, 7, node.domain);
  };
}

function attributeWriter(name: string, attribute: Attribute): Write {
  return (writer) => {
    writeText(writer, 1, name);
    writeAttributeValue(writer, attribute);
    writer.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPES[attribute.kind]);
  };
}

function bodyWriter(body: GraphRecord): Write {
  return (writer) => {
    writeText(writer, 1, 'body');
    writeMessage(writer, 6, (inner) => {
      writeGraph(inner, body);
    });
    writer.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPES.graph);
  };
}

/** ONNX's `AttributeProto.AttributeType` numbers. */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 } as const;

function writeAttributeValue(writer: BinaryWriter, attribute: Attribute): void {
  switch (attribute.kind) {
    case 'float':
      writer.tag(2, WireType.Bit32).float(attribute.value);
      return;
    case 'int':
      writer.tag(3, WireType.Varint).int64(attribute.value);
      return;
    case 'string':
      writeText(writer, 4, attribute.value);
      return;
    case 'tensor':
      writeMessage(writer, 5, tensorWriter(undefined, attribute.value));
      return;
    case 'floats':
      for (const value of attribute.value) writer.tag(7, WireType.Bit32).float(value);
      return;
    case 'ints':
      for (const value of attribute.value) writer.tag(8, WireType.Varint).int64(value);
  }
}

function initializerWriter(value: Value, content: ConstantTensor | ExternalData): Write {
  return 'data' in content ? tensorWriter(value.name, content) : externalWriter(value, content);
}

function tensorWriter(name: string | undefined, { dtype, shape, data }: ConstantTensor): Write {
  return (writer) => {
    for (const dim of shape) writer.tag(1, WireType.Varint).int64(dim);
    writer.tag(2, WireType.Varint).int32(ONNX_TYPES[dtype]);
    if (name !== undefined) writeText(writer, 8, name);
    writer
      .tag(9, WireType.LengthDelimited)
      .bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  };
}

function externalWriter(value: Value, { location, offset, length }: ExternalData): Write {
  return (writer) => {
    for (const dim of value.shape) writer.tag(1, WireType.Varint).int64(Number(dim));
    writer.tag(2, WireType.Varint).int32(ONNX_TYPES[value.dtype]);
    writeText(writer, 8, value.name);
    for (const [key, entry] of Object.entries({ location, offset, length })) {
      writeMessage(writer, 13, (inner) => {
        writeText(inner, 1, key);
        writeText(inner, 2, String(entry));
      });
    }
    writer.tag(14, WireType.Varint).int32(1);
  };
}

function valueInfoWriter(name: string, value: Value): Write {
  return (writer) => {
    writeText(writer, 1, name);
    writeMessage(writer, 2, (type) => {
      writeMessage(type, 1, (tensor) => {
        tensor.tag(1, WireType.Varint).int32(ONNX_TYPES[value.dtype]);
        writeMessage(tensor, 2, (shape) => {
          for (const dim of value.shape) writeMessage(shape, 1, dimWriter(dim));
        });
      });
    });
  };
}

function dimWriter(dim: Dim): Write {
  return (writer) => {
    if (typeof dim === 'number') writer.tag(1, WireType.Varint).int64(dim);
    else writeText(writer, 2, dim);
  };
}

function writeText(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function writeMessage(writer: BinaryWriter, field: number, write: Write): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
