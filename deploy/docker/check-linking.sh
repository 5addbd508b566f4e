#!/bin/sh
# Checks that this image has every library that onnxruntime's CUDA provider links. Argument: the folder of the provider.
# libcuda.so.1 belongs to the driver, which the host adds when a container starts.
set -eu
folder=$1
for library in libonnxruntime_providers_shared.so libonnxruntime_providers_cuda.so; do
  if [ ! -f "$folder/$library" ]; then
    echo "$folder/$library is not there: the CUDA provider was not installed" >&2
    exit 1
  fi
done
linked=$(LD_LIBRARY_PATH="$folder:${LD_LIBRARY_PATH:-}" ldd "$folder/libonnxruntime_providers_cuda.so")
echo "$linked"
missing=$(echo "$linked" | grep 'not found' | grep -v 'libcuda\.so\.1' || true)
if [ -n "$missing" ]; then
  echo "the CUDA provider links libraries that this image lacks:" >&2
  echo "$missing" >&2
  exit 1
fi
