import { SipfError } from '@sipf/errors';
import type { HostTensor } from './host-tensor.ts';

/**
 * The tensor's values as float32; exact. A float32 tensor's own array is returned, not a copy.
 *
 * @throws SipfError failed-precondition NOT_FLOATING_POINT for any other dtype
 */
export function toFloat32(tensor: HostTensor): Float32Array {
  switch (tensor.dtype) {
    case 'float32':
      return tensor.data;
    case 'bfloat16':
      return bfloat16ToFloat32(tensor.data);
    case 'float16':
      return float16ToFloat32(tensor.data);
    default:
      throw new SipfError('failed-precondition', `a tensor of dtype ${tensor.dtype} is not floating-point`, {
        reason: 'NOT_FLOATING_POINT',
      });
  }
}

/** bfloat16 is the upper half of a float32. */
function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const result = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index++) result[index] = (bits[index] as number) << 16;
  return new Float32Array(result.buffer);
}

function float16ToFloat32(bits: Uint16Array): Float32Array {
  float16Table ??= Uint32Array.from({ length: 0x10000 }, (_, half) => float16BitsToFloat32Bits(half));
  const result = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index++) {
    result[index] = float16Table[bits[index] as number] as number;
  }
  return new Float32Array(result.buffer);
}

/** The float32 bits of every float16, 256 KiB, made at the first use. */
let float16Table: Uint32Array | undefined;

/** Sign, 5 exponent bits (bias 15) and 10 fraction bits to 8 exponent bits (bias 127) and 23 fraction bits. */
function float16BitsToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal, fraction * 2^-24: shift its leading one to bit 10, an exponent less for each digit.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
