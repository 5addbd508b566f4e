export {
  float,
  floats,
  int,
  ints,
  text,
  type Attribute,
  type Attributes,
  type ConstantTensor,
} from './attribute.ts';
export { gelu, geluNew, log1mExp, logSigmoid, silu } from './composites/activations.ts';
export { checkpoint } from './composites/checkpoint.ts';
export { frozenLinear } from './composites/frozen-linear.ts';
export { crossEntropy, selectedLogProbs } from './composites/log-probs.ts';
export { layerNorm, rmsNorm } from './composites/normalisation.ts';
export {
  projectedLogProbs,
  type ProjectedLogProbs,
  type ProjectedOptions,
  type Projection,
} from './composites/projected-log-probs.ts';
export { rotaryEmbedding, type RotaryTables } from './composites/rotary-embedding.ts';
export {
  addDims,
  divideDims,
  elementCount,
  multiplyDims,
  sameDim,
  subtractDims,
  type Dim,
} from './dimension.ts';
export {
  isFloat,
  packElements,
  toBfloat16Bits,
  toFloat16Bits,
  type DType,
  type TensorData,
} from './dtype.ts';
export { gradients } from './gradients/gradients.ts';
export {
  createGraph,
  type ExternalData,
  type Graph,
  type Initializer,
  type OperatorCall,
  type OperatorNode,
  type Value,
} from './graph.ts';
export { countOperators, toOnnxModel, type OnnxModelOptions } from './onnx/model.ts';
export type { Plainness } from './onnx/plain-nodes.ts';
export { after } from './operators/after.ts';
export { assumeShape, cast, operator, stopGradient } from './operators/convert.ts';
export * from './operators/elementwise.ts';
export * from './operators/indexing.ts';
export { concat, padAxis, slice, split, type SliceRange } from './operators/joining.ts';
export * from './operators/layout.ts';
export { loop, type Looped, type LoopTurn } from './operators/loop.ts';
export { linear, matMul, type MatMulOptions } from './operators/mat-mul.ts';
export type { Operand } from './operators/operand.ts';
export * from './operators/reduction.ts';
export { dimensionOf, dimensionScalar, quotientDim, shapeTensor } from './operators/run-time-shape.ts';
export { formatShape, ShapeError } from './shape-error.ts';
export { broadcastShapes, sameShape, type Shape } from './shape.ts';
export {
  adamW,
  biasCorrections,
  type AdamWSettings,
  type AdamWState,
  type AdamWUpdate,
} from './optimisers/adam-w.ts';
export { clipByGlobalNorm, globalNorm } from './optimisers/clipping.ts';
export { pack, unpack } from './optimisers/packing.ts';
export { learningRateAt, type Schedule } from './optimisers/schedule.ts';
