/** A package file of a Python registry, and the libraries in it that are wanted. */
export interface Wheel {
  readonly project: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Paths within the file. */
  readonly libraries: readonly string[];
}

/** The release of onnxruntime whose provider this is, which must be that of the npm package to the last number. */
export const PROVIDER_VERSION = '1.30.0';

const CAPI = 'onnxruntime/capi';
const CU13 = 'nvidia/cu13/lib';

/** The provider's own libraries, in its package. */
export const PROVIDER: readonly string[] = [
  `${CAPI}/libonnxruntime_providers_shared.so`,
  `${CAPI}/libonnxruntime_providers_cuda.so`,
];

/**
 * The provider for Linux on x86-64, and what it links, each after what it links itself: CUDA 13.0, which drivers from 580 on run.
 */
export const CUDA_WHEELS: readonly Wheel[] = [
  {
    project: 'onnxruntime-gpu',
    file: `onnxruntime_gpu-${PROVIDER_VERSION}-cp312-cp312-manylinux_2_28_x86_64.whl`,
    sizeBytes: 246_685_715,
    sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
    libraries: PROVIDER,
  },
  {
    project: 'nvidia-cuda-runtime',
    file: 'nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sizeBytes: 2_243_632,
    sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
    libraries: [`${CU13}/libcudart.so.13`],
  },
  {
    project: 'nvidia-cublas',
    file: 'nvidia_cublas-13.1.1.3-py3-none-manylinux_2_27_x86_64.whl',
    sizeBytes: 423_138_758,
    sha256: '37936a16db8fe4ac1f065c2139360608a543a09275cb1a1af612e08cfa065436',
    libraries: [`${CU13}/libcublasLt.so.13`, `${CU13}/libcublas.so.13`],
  },
  {
    project: 'nvidia-curand',
    file: 'nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl',
    sizeBytes: 59_544_258,
    sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
    libraries: [`${CU13}/libcurand.so.10`],
  },
];
