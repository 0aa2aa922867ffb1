/** The detector for photos that come with landmarks finds nothing itself. */
import { testDetector } from '@facewright/testkit';
import { givenLandmarks } from './given-landmarks.js';

testDetector(givenLandmarks(), { constant: 0 });
