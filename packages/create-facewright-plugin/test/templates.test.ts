/** Every template passes the suite for its kind, like the packages created from it. */
import '../templates/plugins/aligner.suite.js';
import '../templates/plugins/augmenter.suite.js';
import '../templates/plugins/backend.suite.js';
import '../templates/plugins/cluster.suite.js';
import '../templates/plugins/criterion.suite.js';
import '../templates/plugins/detector.suite.js';
import '../templates/plugins/logger.suite.js';
import '../templates/plugins/loss.suite.js';
import '../templates/plugins/model.suite.js';
import '../templates/plugins/optimiser.suite.js';
import '../templates/plugins/reader.suite.js';
