/** Where the compiled FileDescriptorSet of every proto lies, for server reflection. */
export const descriptorSetUrl = new URL('./generated/descriptor-set.bin', import.meta.url);
