/**
 * Registers tfjs's gradients, which tfjs-core's Node build leaves out (and whose deep ESM import Node cannot resolve): the build bundles
 * `register_all_gradients` once. The registry is global in the process, so the bundle's own copy of tfjs-core does no harm.
 */
import '../generated/register-gradients.cjs';
