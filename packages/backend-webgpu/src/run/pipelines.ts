/** Compiles kernels, each source once per device: the blocks of a network share most of theirs. */

const pipelines = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

export function pipelineFor(device: GPUDevice, wgsl: string): Promise<GPUComputePipeline> {
  let known = pipelines.get(device);
  if (!known) pipelines.set(device, (known = new Map()));
  let pipeline = known.get(wgsl);
  if (!pipeline) {
    const module = device.createShaderModule({ code: wgsl });
    pipeline = device
      .createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } })
      .catch(async (error: unknown) => {
        const { messages } = await module.getCompilationInfo();
        throw new Error(
          `a kernel failed to compile: ${messages.map(({ message, lineNum }) => `line ${lineNum}: ${message}`).join('; ') || String(error)}\n${wgsl}`,
          { cause: error },
        );
      });
    known.set(wgsl, pipeline);
  }
  return pipeline;
}
